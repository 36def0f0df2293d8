"""What a worker knows of the replay that it works on."""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import NamedTuple

from pipelines.dead_letters.replay_files import About, SentLetter, read_about, read_sent, rows_file
from pipelines.dead_letters.rows_there import RowsThere
from schemas.dead_letter import DeadLetter
from schemas.outcome import Scraped
from schemas.page import ArchivePointer, Page
from schemas.reading import Reading
from schemas.request import Request, RequestSpec
from schemas.row import Accepted
from scrapers.archive.ledger import Ledger
from scrapers.archive.warc_reader import NoPageError, read_at
from scrapers.hosts import host_key
from transforms import filesystem

__all__ = ["Ended", "Replay"]

CHUNK = 50
"""Requests in a spec; each goes to one of a host's owners."""


class Ended(NamedTuple):
    """How a request that was sent back ended; `items` of its page, None where it led on to others."""

    request_id: str
    end: str
    reason: str
    items: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class _Kept:
    """Of a request that was sent back, what is asked for when it is no longer at hand."""

    letters: tuple[SentLetter, ...]
    archived: ArchivePointer | None
    items_only: bool
    items_left: int


class Replay:
    """Answers for the requests of a replay, those of all its executions.

    Args:
      folder: what was written for the run.
      archive: folder of the WARC files.
      updates: whether the row of a request may replace one that is there: that of a carried item which was written
        although its page had failed (`if_failed: emit`).
    """

    def __init__(self, folder: str, archive: str, updates: Callable[[Request], bool]) -> None:
        self.about: dict[str, About] = read_about(folder)
        self._folder, self._archive, self._updates = folder, archive, updates
        self._sent: dict[str, _Kept] = {}
        for execution_id in self.about:
            for one in read_sent(folder, execution_id):
                kept = _Kept(one.letters, one.archived, one.items_only, one.items_left)
                self._sent[one.request.request_id] = kept
        self._rows = functools.cache(self._read_rows)
        self._fetched = functools.cache(self._read_ledger)

    def specs(self, execution_id: str) -> Iterator[RequestSpec]:
        """What an execution starts with; each spec is of one host."""
        source = self.about[execution_id].source
        waiting: dict[str, list[Request]] = {}
        for one in read_sent(self._folder, execution_id):
            host = host_key(one.request.url)[0]
            waiting.setdefault(host, []).append(one.request)
            if len(waiting[host]) == CHUNK:
                yield RequestSpec(source, execution_id, tuple(waiting.pop(host)))
        for requests in waiting.values():
            yield RequestSpec(source, execution_id, tuple(requests))

    def finds(self, mine: Callable[[Request], Page | None] | None) -> Callable[[Request], Page | None]:
        """What answers requests: what the run has fetched itself (`mine`; None: nothing), then the letters' pages."""
        return lambda request: (mine(request) if mine else None) or self.find(request)

    def find(self, request: Request) -> Page | None:
        """The archived page that answers a request; None: it is fetched."""
        kept = self._sent.get(request.request_id)
        if kept is None or kept.archived is None:
            return None
        path = f"{self._archive}/{kept.archived.file}"
        try:
            page = read_at(path, kept.archived.offset, filesystem.open_to_read)
        except (NoPageError, OSError):
            return None
        if page.incomplete or page.request.source != request.source:
            return None
        page.request = request
        return page

    def reads(self, read: Callable[[Page], Reading]) -> Callable[[Page], Reading]:
        """A parser that goes on where the first execution stopped.

        What a page leads to has the ids that it would have had then, so that what was fetched then is known: it is not
        fetched again.
        """

        def read_as_then(page: Page) -> Reading:
            request = page.request
            page.request = dataclasses.replace(request, execution_id=self.about[request.execution_id].root)
            try:
                reading = read(page)
            finally:
                page.request = request
            led_on = bool(reading.follow_ups)
            reading.follow_ups = list(self._new(request, reading.follow_ups))
            is_silent = led_on and not (reading.follow_ups or reading.items or reading.filtered)
            if is_silent and reading.verdict == "ok" and not self._is_items_only(request):
                reading.verdict = "empty"  # it leads to what is there: that is no failure
            return reading

        return read_as_then

    def _new(self, request: Request, follow_ups: list[Request]) -> Iterator[Request]:
        """What was not fetched then; of a page that goes back for its items, only where these are carried to."""
        items_only = self._is_items_only(request)
        for one in follow_ups:
            if items_only and one.item is None:
                continue
            if one.request_id not in self._sent and not self._fetched(request.execution_id).has(one.request_id):
                yield dataclasses.replace(one, execution_id=request.execution_id)

    def _is_items_only(self, request: Request) -> bool:
        kept = self._sent.get(request.request_id)
        return kept is not None and kept.items_only

    def leave_out(self, scraped: Scraped, accepted: Accepted, table: str) -> int:
        """Takes away what is there already; gives the number of items.

        A row whose key the first execution (or a replay or re-parse of it) has written is left out, as within one run.
        Of an archived page that goes back for some of its items, the others are left out by their place on it, as long
        as it has as many items as it had then; else by their keys alone.
        """
        request = _request_of(scraped)
        rows = self._rows(request.execution_id)
        by_place = scraped.outcome.from_archive  # one that was fetched again may have others in their places
        wanted = self._wanted(request.request_id, len(scraped.items), rows) if by_place else None
        there = rows.has_id if self._updates(request) else rows.has_key
        names = accepted.row_ids if self._updates(request) else accepted.row_keys
        keep = [
            place
            for place, (number, name) in enumerate(zip(accepted.numbers, names, strict=True))
            if (wanted is None or number in wanted) and not there(table, name)
        ]
        before = len(accepted.rows) + len(accepted.refused)
        for column in ("rows", "row_keys", "row_ids", "numbers"):
            values = getattr(accepted, column)
            setattr(accepted, column, [values[place] for place in keep])
        accepted.refused = [one for one in accepted.refused if wanted is None or one[0] in wanted]
        return before - len(accepted.rows) - len(accepted.refused)

    def _wanted(self, request_id: str, items: int, rows: RowsThere) -> set[int] | None:
        """Places of the items that go back; None: their places do not tell, or all of the page does."""
        kept = self._sent.get(request_id)
        if kept is None or not kept.items_only:
            return None
        numbers = {letter.item_number for letter in kept.letters if letter.item_number is not None}
        as_then = items == rows.count_of(request_id) + kept.items_left
        return numbers if as_then and len(numbers) == len({letter.item_number for letter in kept.letters}) else None

    def ended(self, scraped: Scraped) -> Iterator[tuple[str, Ended]]:
        """(execution_id, how it ended) of a request that was sent back; nothing for others."""
        outcome = scraped.outcome
        if outcome.request_id in self._sent:
            items = None if outcome.spawned else len(scraped.items)
            yield outcome.execution_id, Ended(outcome.request_id, outcome.end, outcome.reason, items)

    def since_first(self, letter: DeadLetter) -> DeadLetter:
        """The letter with when its failure was first seen, before this replay."""
        kept = self._sent.get(letter.request.request_id)
        if kept is None:
            return letter
        same = [one.first_failed_at for one in kept.letters if one.item_number == letter.item_number]
        first = min(same or [one.first_failed_at for one in kept.letters])
        return dataclasses.replace(letter, first_failed_at=first / 1e6)

    def _read_rows(self, execution_id: str) -> RowsThere:
        with filesystem.open_to_read(rows_file(self._folder, execution_id)) as file:
            return RowsThere.from_file(file)

    def _read_ledger(self, execution_id: str) -> Ledger:
        runs = self.about[execution_id].runs
        paths = [path for run in runs for path in filesystem.match(self._archive, f"{run}-a*.warc.gz")]
        return Ledger(paths, filesystem.open_to_read)


def _request_of(scraped: Scraped) -> Request:
    if scraped.page is not None:
        return scraped.page.request
    request = scraped.letter.request if scraped.letter is not None else scraped.request
    if request is None:
        raise ValueError(f"request {scraped.outcome.request_id} gave items, but neither a page nor a letter")
    return request
