"""Reads archive files and parses their pages again."""

import dataclasses
from collections.abc import Callable, Iterator

import apache_beam as beam

from schemas.outcome import Scraped

__all__ = ["ReadAgain", "ReparseFiles"]

ReadAgain = Callable[[str], Iterator[Scraped]]
"""Path of a WARC file -> what becomes of its pages, one in memory at a time."""


class ReparseFilesFn(beam.DoFn):
    """Parses the pages of a file again.

    Yields:
      Main output: Scraped, one for each page, broken record, and page that is not in the archive.
    """

    def __init__(self, open_reader: Callable[[], ReadAgain]) -> None:
        self._open_reader = open_reader

    def setup(self) -> None:
        self._read = self._open_reader()

    def process(self, path: str) -> Iterator[Scraped]:
        yield from self._read(path)


@dataclasses.dataclass(eq=False)
class ReparseFiles(beam.PTransform[beam.PCollection[str], beam.PCollection[Scraped]]):
    """PCollection[str] (paths of WARC files) -> PCollection[Scraped].

    Args:
      open_reader: gives what the process reads files with.
    """

    open_reader: Callable[[], ReadAgain]

    def expand(self, paths: beam.PCollection[str]) -> beam.PCollection[Scraped]:
        return paths | "Reparse" >> beam.ParDo(ReparseFilesFn(self.open_reader))
