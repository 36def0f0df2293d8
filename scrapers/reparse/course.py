"""The course of an archived page: as the fetcher's from the answer on, and along the archive to pages it carries to."""

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping

from schemas.dead_letter import DeadLetter
from schemas.ids import content_id
from schemas.outcome import Outcome, Scraped
from schemas.page import ArchivePointer, Page
from schemas.reading import Reading
from schemas.reasons import Dead, Drop
from schemas.request import Request
from scrapers.archive.warc_reader import BrokenRecord
from scrapers.fetching import endings
from scrapers.fetching.source_rules import SourceRules
from scrapers.fetching.status_policy import reason_of_status
from scrapers.fetching.ticket import Budget, Ticket
from scrapers.fetching.welcome import read_as_sitemap, refuse_body, unwelcome
from scrapers.reparse.page_index import PageIndex
from scrapers.source_files.load import LoadedSource
from scrapers.source_files.sitemaps import SITEMAP

__all__ = ["NewExecution", "ReparseFile", "broken_letter", "refused"]

NewExecution = Callable[[str, str], str]
"""(source, archived execution) -> the execution that parses it again."""


class ReparseFile:
    """Parses the pages of one file again; gives what the scrape stage gives.

    A page to which an item is carried is not read when the file comes to it, but when the page that leads there has
    been read: the item is made anew. Only where that page is not among the chosen ones is the archived item taken.

    Args:
      read: parses one page; may raise.
      index: the chosen pages.
      path: of the file, as the index names it.
    """

    def __init__(
        self,
        sources: Mapping[str, LoadedSource],
        read: Callable[[Page], Reading],
        index: PageIndex,
        path: str,
        new_execution: NewExecution,
    ) -> None:
        self._sources, self._read, self._index, self._path = sources, read, index, path
        self._new_execution = new_execution
        self._rules: dict[str, SourceRules] = {}
        self._carried: dict[str, frozenset[str]] = {}
        self._seen: set[str] = set()

    def page(self, page: Page) -> Iterator[Scraped]:
        """What becomes of a page of the file, and of those that it carries items to; nothing for one not chosen."""
        request = page.request
        if request.source not in self._sources or not self._index.is_newest(page, self._path):
            return
        is_carried_to = request.page_type in self._carried_types(request.source)
        if is_carried_to and self._index.has(request.referrer):
            return
        if request.item is not None and not is_carried_to:  # the source no longer carries: nobody would take the item
            page.request = dataclasses.replace(request, item=None)
        yield from self._from(page)

    def _from(self, page: Page) -> Iterator[Scraped]:
        waiting: list[tuple[Request, Page | None]] = [(page.request, page)]
        known: tuple[str, ...] = (page.request.request_id,)
        while waiting:
            request, found = waiting.pop()
            ticket = self._ticket(request)
            if found is None:
                found = self._index.find(request)
            if found is None:
                yield self._of_run(endings.dropped(ticket, Drop.NOT_ARCHIVED), request)
                continue
            ticket.mode = "browser" if found.rendered else "http"
            scraped, onward = self._end(ticket, found)
            scraped.outcome.spawned = known + tuple([one.request_id for one in onward])
            known = ()
            waiting += [(one, None) for one in reversed(onward)]
            yield self._of_run(scraped, request)

    def _ticket(self, request: Request) -> Ticket:
        rules = self._rules.get(request.source)
        if rules is None:
            rules = self._rules[request.source] = SourceRules(self._sources[request.source])
        return Ticket(request, rules, Budget(None), attempts=1, from_archive=True)

    def _end(self, ticket: Ticket, page: Page) -> tuple[Scraped, list[Request]]:
        try:
            if why_not := refused(ticket, page):
                return why_not, []
            reading = read_as_sitemap(ticket, page) if ticket.request.page_type == SITEMAP else self._read(page)
            welcome = reading.verdict not in ("blocked", "login_required")
            onward = self._onward(reading.follow_ups) if welcome else []
            return endings.ended_by_reading(ticket, page, reading, ()), onward
        except (Exception, SystemExit) as error:  # noqa: BLE001  the one boundary: a page may break any parser
            return endings.died(ticket, Dead.PARSE_ERROR, error, page), []

    def _onward(self, follow_ups: list[Request]) -> list[Request]:
        """Of the requests that a page leads to those that end with it: to be carried to, or not in the archive.

        The others are pages that the archive's files bring by themselves.
        """
        onward = []
        for one in follow_ups:
            if one.request_id in self._seen:
                continue
            if one.page_type in self._carried_types(one.source) or not self._index.holds(one):
                self._seen.add(one.request_id)
                onward.append(one)
        return onward

    def _carried_types(self, source: str) -> frozenset[str]:
        """The page types that items are carried to, as the source says today."""
        types = self._carried.get(source)
        if types is None:
            pages = self._sources[source].source.page_types().items()
            carried = (rule.to or name for name, page in pages for rule in page.follows() if rule.carry == "item")
            types = self._carried[source] = frozenset(carried)
        return types

    def _of_run(self, scraped: Scraped, request: Request) -> Scraped:
        """The same as an end in the new execution; the request keeps its id, by which the archive knows it."""
        execution_id = self._new_execution(request.source, request.execution_id)
        moved = dataclasses.replace(request, execution_id=execution_id)
        scraped.outcome.execution_id = execution_id
        if scraped.page is not None:
            scraped.page.request = moved
        if scraped.request is not None:
            scraped.request = moved
        if scraped.letter is not None:
            letter = scraped.letter
            letter.request, letter.failed_at = moved, time.time()
            letter.first_failed_at = letter.first_failed_at or letter.failed_at
        return scraped


def refused(ticket: Ticket, page: Page) -> Scraped | None:
    """The end of a page that is not parsed; None for one that is."""
    policy = ticket.rules.policy(page.status)
    if page.incomplete:
        return endings.died(ticket, Dead.NOT_READY, "the browser gave up on the page before it was archived", page)
    if policy == "parse":
        refusal = None if ticket.request.page_type == SITEMAP else refuse_body(ticket, page)
        return endings.died(ticket, Dead.BAD_CONTENT, refusal, page) if refusal else None
    if policy == "drop":
        return endings.dropped(ticket, Drop.STATUS_DROP, page=page)
    if policy == "blocked":
        return endings.died(ticket, Dead.BLOCKED, f"HTTP {page.status}", page)
    reason, message = unwelcome(ticket, page) or (reason_of_status(page.status), f"HTTP {page.status}")
    return endings.died(ticket, reason, message, page)


def broken_letter(record: BrokenRecord, source: str, execution_id: str) -> Scraped:
    """The dead letter of a record that cannot be read: it says which file, and where in it."""
    request_id = content_id("broken record", record.file, record.offset)
    letter = DeadLetter(
        "parse",
        Dead.BAD_CONTENT,
        Request(source, "", execution_id, request_id=request_id),
        f"{record.file} at byte {record.offset}: {record.reason}",
        archived=ArchivePointer(record.file, record.offset, ""),
        failed_at=time.time(),
        first_failed_at=time.time(),
    )
    outcome = Outcome(
        execution_id, source, request_id, "dead", str(Dead.BAD_CONTENT), spawned=(request_id,), from_archive=True
    )
    return Scraped(outcome, letter=letter)
