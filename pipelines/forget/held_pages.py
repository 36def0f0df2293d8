"""Which archived pages hold a subject: those that rows and letters point to, and those that say so when they are read.

Rows do not point to all of them: a second page with the same key gave a duplicate that was left out, and a listing may
only have carried an item on.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from pipelines.forget.subject import Subject
from schemas.page import Page
from schemas.reading import Reading
from schemas.row import RowMaker
from scrapers.archive.warc_reader import BrokenRecord, read_pages
from scrapers.source_files.sitemaps import SITEMAP
from transforms import filesystem

__all__ = ["HeldPages"]


class HeldPages:
    """Looks for a subject in archive files.

    Args:
      subjects: in each table of the source.
      read: parses a page as a run does; may raise.
      hash_key: of columns that are `personal: hash`.
    """

    def __init__(
        self, source: str, subjects: Sequence[Subject], read: Callable[[Page], Reading], hash_key: bytes
    ) -> None:
        self._source, self._read = source, read
        self._subjects: Mapping[str, Subject] = {one.table.name: one for one in subjects}
        self._makers = {one.table.name: RowMaker(one.table, hash_key=hash_key) for one in subjects}
        self.unread = 0

    def in_file(self, path: str, pointed_to: Collection[int]) -> Iterator[Page]:
        """The pages of a file that hold the subject.

        Args:
          pointed_to: offsets of pages that are known to do so.
        """
        name = path.rpartition("/")[2]
        with filesystem.open_to_read(path) as stream:
            for page in read_pages(stream, name):
                if isinstance(page, BrokenRecord) or page.archived is None:
                    continue
                ours = page.request.source == self._source
                if page.archived.offset in pointed_to or (ours and self._holds(page)):
                    yield page

    def _holds(self, page: Page) -> bool:
        request = page.request
        if self._is_item(request.item):
            return True
        if request.page_type == SITEMAP or page.incomplete:
            return self._says(page)
        try:
            reading = self._read(page)
        except (Exception, SystemExit):  # noqa: BLE001  a page may break any parser; then its text must do
            self.unread += 1
            return self._says(page)
        carried = any(self._is_item(one.item) for one in reading.follow_ups)
        return carried or any(map(self._is_item, reading.items)) or self._is_row(reading)

    def _is_item(self, item: Mapping[str, Any] | None) -> bool:
        return any(subject.has(item) for subject in self._subjects.values())

    def _is_row(self, reading: Reading) -> bool:
        """As the table has it: converted, typed, hashed."""
        if not reading.items or reading.table not in self._makers:
            return False
        subject = self._subjects[reading.table]
        return any(map(subject.has, self._makers[reading.table].accept(reading.items, reading.problems).rows))

    def _says(self, page: Page) -> bool:
        """Whether all of the values stand somewhere in a page that cannot be read."""
        text = b"\n".join([page.body, *[captured.body for captured in page.captured]])
        for subject in self._subjects.values():
            said = [[one.encode() for one in condition.said] for condition in subject.conditions]
            if all(any(one in text for one in texts) for texts in said):
                return True
        return False
