"""Keeps every page's bytes, before anything depends on them."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import apache_beam as beam

from schemas.outcome import Scraped
from schemas.page import ArchivePointer, Page

__all__ = ["ArchivePages", "ArchiveWriter"]


class ArchiveWriter(Protocol):
    """The archive file of one bundle; opens on the first page."""

    def add(self, page: Page) -> ArchivePointer:
        """Appends a page, tells where it stands, and notes on it where its screenshot does."""

    def close(self) -> None:
        """Makes the file visible; without a page there is no file."""


class ArchivePagesFn(beam.DoFn):
    """Writes each page to the bundle's archive file, points to it, and lets its bytes go.

    Yields:
      Main output: the same Scraped, its page (and letter) pointing into the archive.
    """

    def __init__(self, open_archive: Callable[[], ArchiveWriter]) -> None:
        self._open_archive = open_archive

    def start_bundle(self) -> None:
        self._archive = self._open_archive()

    def process(self, scraped: Scraped) -> Iterator[Scraped]:
        page = scraped.page
        if page is not None:
            if page.archived is None:
                page.archived = self._archive.add(page)
            page.body = page.screenshot = b""
            page.captured = ()
            if scraped.letter is not None:
                scraped.letter.archived, scraped.letter.screenshot = page.archived, page.screenshot_archived
        yield scraped

    def finish_bundle(self) -> None:
        self._archive.close()


@dataclasses.dataclass(eq=False)
class ArchivePages(beam.PTransform[Any, Any]):
    """PCollection[Scraped] -> PCollection[Scraped], archived.

    Args:
      open_archive: opens the archive of one bundle.
    """

    open_archive: Callable[[], ArchiveWriter]

    def expand(self, scraped: beam.PCollection[Scraped]) -> beam.PCollection[Scraped]:
        return scraped | "Archive" >> beam.ParDo(ArchivePagesFn(self.open_archive))
