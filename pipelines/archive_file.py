"""The WARC file of one bundle, under construction until the bundle ends."""

from schemas.page import ArchivePointer, Page
from scrapers.archive.redaction import Redactor
from scrapers.archive.warc_writer import WarcWriter
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["ArchiveFile"]

MAX_BYTES = 1_000_000_000
"""WARC 1.1 (annex C) recommends files of at most a gigabyte."""


class ArchiveFile:
    """Opens with the first page, goes on in another file at MAX_BYTES, gets its name when it is closed."""

    def __init__(self, layout: OutputLayout, redactor: Redactor) -> None:
        self._layout = layout
        self._redactor = redactor
        self._writer: WarcWriter | None = None
        self._final = ""

    def add(self, page: Page) -> ArchivePointer:
        """Appends a page."""
        if self._writer is not None and self._writer.size_bytes >= MAX_BYTES:
            self.close()
        if self._writer is None:
            self._final = self._layout.archive_file(filesystem.shard_name())
            name = self._final.rpartition("/")[2]
            self._writer = WarcWriter(filesystem.create(self._layout.temporary(self._final)), name, self._redactor)
        return self._writer.add(page)

    def close(self) -> None:
        """Ends the file and gives it its name."""
        if self._writer is not None:
            self._writer.close()
            filesystem.publish(self._layout.temporary(self._final), self._final)
            self._writer = None
