"""Reads the raw output of a scraper elsewhere: what becomes of each of its pages, and of the file as a whole."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from schemas.dead_letter import DeadLetter
from schemas.events.arrival import RawOutput
from schemas.events.event import original_text
from schemas.ids import content_id
from schemas.outcome import Outcome, Scraped
from schemas.page import ArchivePointer, Page
from schemas.reading import Reading
from schemas.reasons import Dead, Drop
from schemas.request import Request
from scrapers.archive.warc_reader import BrokenRecord, read_pages
from scrapers.fetching import endings
from scrapers.fetching.source_rules import SourceRules
from scrapers.fetching.ticket import Budget, Ticket
from scrapers.raw_output.opened import opened
from scrapers.raw_output.pages import Chunk, chunks
from scrapers.raw_output.records import Unreadable
from scrapers.reparse.course import refused
from scrapers.reparse.foreign import is_part_of_page
from scrapers.source_files.load import LoadedSource

__all__ = ["RawReader"]

_JSON = (("Content-Type", "application/json"),)


class RawReader:
    """Reads files for any of these sources.

    Args:
      read: parses one page; may raise.
      open_to_read: opens a path; may raise.
    """

    def __init__(
        self,
        sources: Mapping[str, LoadedSource],
        read: Callable[[Page], Reading],
        open_to_read: Callable[[str], BinaryIO],
    ) -> None:
        self._sources, self._read, self._open = sources, read, open_to_read
        self._rules: dict[str, SourceRules] = {}

    def read(self, raw: RawOutput) -> Iterator[Scraped]:
        """What becomes of a file: Scraped of each page, one in memory at a time, and last the end of the file itself.

        Never raises: a file that cannot be read (any further) is a letter.
        """
        rules = self._rules.get(raw.source)
        if rules is None:
            rules = self._rules[raw.source] = SourceRules(self._sources[raw.source])
        yield from _Course(raw, rules, self._read).run(self._open)


class _Course:
    """The course of one file.

    Attributes:
      records: that it holds, those that cannot be read included; what a document or an archived page is, its items.
      items: that were found.
      leads: whether its pages' follow-ups are spoken of; those of an archive may stand in it themselves.
    """

    def __init__(self, raw: RawOutput, rules: SourceRules, read: Callable[[Page], Reading]) -> None:
        self._raw, self._rules, self._read = raw, rules, read
        self._said = rules.source.raw
        self._page_type = (self._said.page if self._said else None) or next(iter(rules.types))
        self._records = self._items = 0
        self._leads = True

    def run(self, open_to_read: Callable[[str], BinaryIO]) -> Iterator[Scraped]:
        raw = self._raw
        try:
            with open_to_read(raw.path) as stream:
                yield from self._pages(stream)
        except Exception as error:  # noqa: BLE001  a filesystem's, a decompressor's: the boundary around one file
            yield self._broken_off(error)
            return
        yield Scraped(
            Outcome(raw.execution_id, raw.source, raw.raw_id, "pages", notes=tuple(self._mismatch()), is_spec=True)
        )

    def _pages(self, stream: BinaryIO) -> Iterator[Scraped]:
        raw = self._raw
        kind, plain = opened(stream, raw.path, self._said.format if self._said else "auto")
        if kind == "warc":
            yield from self._archived(plain)
            return
        for one in chunks(kind, plain, together=self._rules.types[self._page_type].items is not None):
            if isinstance(one, Unreadable):
                self._records += 1
                yield self._letter(one.number, one.offset, one.reason, one.why, one.data)
            else:
                yield from self._end(self._page(one))
                self._records += one.records

    def _archived(self, stream: BinaryIO) -> Iterator[Scraped]:
        self._leads = False
        for found in read_pages(stream, self._raw.path):
            if isinstance(found, BrokenRecord):
                self._records += 1
                why = f"the record at byte {found.offset}: {found.reason}"
                yield self._letter(found.offset, found.offset, Dead.BAD_CONTENT, why, b"")
            elif not is_part_of_page(found):
                self._records += 1
                yield from self._end(self._adopted(found))

    def _page(self, chunk: Chunk) -> Page:
        raw = self._raw
        request_id = content_id("raw page", raw.execution_id, raw.path, chunk.number)
        request = Request(raw.source, raw.path, raw.execution_id, self._page_type, request_id=request_id)
        pointer = ArchivePointer(raw.path, chunk.offset, "")
        return Page(request, 200, raw.path, _JSON, chunk.body, raw.scraped_at or time.time(), archived=pointer)

    def _adopted(self, page: Page) -> Page:
        """An archived page as one of this execution; of our own archives, one keeps its type and what it carries."""
        raw, old = self._raw, page.request
        mine = old.source == raw.source and old.page_type in self._rules.types
        offset = page.archived.offset if page.archived else 0
        page.request = Request(
            raw.source,
            old.url,
            raw.execution_id,
            old.page_type if mine else self._page_type,
            params=old.params if mine else {},
            item=old.item if mine else None,
            request_id=content_id("raw page", raw.execution_id, raw.path, offset),
        )
        page.fetched_at = page.fetched_at or raw.scraped_at
        return page

    def _end(self, page: Page) -> Iterator[Scraped]:
        """What becomes of a page, and of the requests that it leads to: nothing is fetched."""
        ticket = self._ticket(page.request)
        onward: list[Request] = []
        try:
            scraped = refused(ticket, page)
            if scraped is None:
                reading = self._read(page)
                onward = [one for one in reading.follow_ups if one.item is not None or self._leads]
                scraped = endings.ended_by_reading(ticket, page, reading, ())
        except (Exception, SystemExit) as error:  # noqa: BLE001  a page may break any parser
            scraped, onward = endings.died(ticket, Dead.PARSE_ERROR, error, page), []
        if scraped.letter is not None:
            scraped.letter.failed_at = scraped.letter.first_failed_at = time.time()
            scraped.letter.archived = page.archived
        self._items += len(scraped.items) + scraped.filtered
        scraped.outcome.spawned = (page.request.request_id, *(one.request_id for one in onward))
        yield scraped
        for one in onward:
            yield endings.dropped(self._ticket(one), Drop.NOT_ARCHIVED)

    def _ticket(self, request: Request) -> Ticket:
        return Ticket(request, self._rules, Budget(None), attempts=1, from_archive=True)

    def _letter(self, number: int, offset: int, reason: Dead, why: str, data: bytes) -> Scraped:
        """The letter of a part of the file that is no record; it holds the bytes."""
        raw = self._raw
        request_id = content_id("raw record", raw.execution_id, raw.path, number)
        original = original_text(data, {"path": raw.path, "number": str(number)}) if data else None
        scraped = self._dead(request_id, reason, f"{raw.path}: {why}", original)
        assert scraped.letter is not None
        scraped.letter.archived = ArchivePointer(raw.path, offset, "")
        scraped.outcome.spawned = (request_id,)
        return scraped

    def _broken_off(self, error: Exception) -> Scraped:
        """The end of a file that cannot be opened, or not be read to its end."""
        begun = self._records or self._items
        told = " ".join(str(error).split()) or type(error).__name__
        if begun:
            why = f"{self._raw.path}: cannot be read further after {self._records or self._items} records: {told}"
            scraped = self._dead(self._raw.raw_id, Dead.BAD_CONTENT, why)
            scraped.outcome.notes = ("the raw output was not read to its end", *self._mismatch())
        else:
            scraped = self._dead(self._raw.raw_id, Dead.UNREADABLE, f"{self._raw.path}: cannot be read: {told}")
        assert scraped.letter is not None
        scraped.letter.error_type = type(error).__name__
        return scraped

    def _dead(self, request_id: str, reason: Dead, why: str, original: str | None = None) -> Scraped:
        raw = self._raw
        request = Request(raw.source, raw.path, raw.execution_id, self._page_type, request_id=request_id)
        now = time.time()
        letter = DeadLetter("parse", reason, request, why[:2000], url=raw.path, failed_at=now, first_failed_at=now)
        letter.event = original
        outcome = Outcome(
            raw.execution_id, raw.source, request_id, "dead", str(reason), page_type=self._page_type, from_archive=True
        )
        return Scraped(outcome, letter=letter)

    def _mismatch(self) -> list[str]:
        """What is to be said where the event counts otherwise; it may mean records or what is found in them."""
        expected = self._raw.record_count
        if expected is None or expected in (self._records, self._items):
            return []
        return [f"record_count: the event says {expected}, read were {self._records} records with {self._items} items"]
