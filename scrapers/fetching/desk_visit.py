"""A visit to one host that lasts as long as there is work for it, and tells what another process needs to go on."""

import asyncio
import dataclasses
import functools
import queue
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from schemas.outcome import Scraped
from schemas.page import Page
from schemas.reasons import Dead
from schemas.request import Request, RequestSpec
from scrapers.fetching import endings
from scrapers.fetching.desk_load import Load
from scrapers.fetching.desk_log import OpenSpec
from scrapers.fetching.source_rules import SourceRules
from scrapers.fetching.spec_run import SpecRun
from scrapers.fetching.ticket import Budget, Ticket
from scrapers.fetching.visit import Visit

if TYPE_CHECKING:
    from scrapers.fetching.fetch_loop import FetchLoop

__all__ = ["DeskVisit", "Told"]

HostKey = tuple[str, int]
HOLD_SECS = 3.0
"""A host whose desk nobody has looked at for so long may have moved to another process, as when an engine goes back to
a checkpoint: nothing is begun there until somebody looks again. Looks come at least twice a second."""
LAPSE_SECS = 10.0
"""After so long it has moved, and is given up here. Longer than most bundles and collections of garbage, shorter than
the lease of an event."""
_LOOK_SECS = 0.05


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened, in the order in which things do.

    Attributes:
      spec_id: of the spec that it belongs to; empty for none.
      scraped: what ended.
      expands: it tells what the spec was expanded to, or that it is.
      followed: requests that a page led to on the same host; told before the page's own end.
      left: a request for another host, and whether its spec has a limit; told before the page's own end.
    """

    spec_id: str
    scraped: Scraped | None = None
    expands: bool = False
    followed: tuple[Request, ...] = ()
    left: tuple[HostKey, Request, bool] | None = None


class DeskVisit(Visit):
    """One host's visit in a stream. What it tells is taken by `told` alone; it never waits for its caller.

    Args:
      load: of all desks of the process.
    """

    def __init__(self, loop: "FetchLoop", load: Load) -> None:
        super().__init__(loop, onward=True)
        self._load = load
        self._told: queue.SimpleQueue[Told] = queue.SimpleQueue()
        self._before: dict[str, OpenSpec] = {}
        self._seen_at = time.monotonic()
        self._cut = self._gone = False

    # the caller's side

    def seen(self) -> None:
        """Somebody still looks after the host."""
        self._seen_at = time.monotonic()

    @property
    def has_lapsed(self) -> bool:
        """Whether nobody has looked after the host for long."""
        return time.monotonic() - self._seen_at > LAPSE_SECS

    @property
    def is_held(self) -> bool:
        """Whether nobody has looked after the host for a while."""
        return time.monotonic() - self._seen_at > HOLD_SECS

    def resume(self, key: HostKey, one: OpenSpec) -> None:
        """Hands in what is left of a spec that another process began."""
        self._before[one.spec_id] = one
        self._loop.call(self.frontier.mark, one.ended_requests)
        self.hand_in(key, [one.spec])

    def arrive(self, key: HostKey, paused_until: float) -> None:
        """The host comes from another process, which kept away from it until then (Unix seconds)."""
        paused_secs = max(0.0, paused_until - self._loop.settings.clock())
        self._loop.call(self._loop.attempts.clocks.arrive, key, paused_secs)

    def paused_until(self, key: HostKey) -> float:
        """Unix seconds until which the host's whole domain is left alone; 0 when it is not."""
        paused_secs = self._loop.attempts.clocks.paused_until(key[0]) - time.monotonic()
        return self._loop.settings.clock() + paused_secs if paused_secs > 0 else 0.0

    def forget(self, ids: Sequence[str]) -> None:
        """Nobody will ask about these requests again."""
        self._loop.call(self.frontier.forget, ids)

    def told(self) -> list[Told]:
        """What has happened since the last call; never waits. Raises RuntimeError when the fetcher has ended."""
        self._loop.check()
        told = []
        while (one := self._next()) is not None:
            told.append(one)
        return told

    def stop(self) -> None:
        """Starts nothing more; what is in flight may end."""
        self.abandoned = True
        self._loop.call(self._cut_off)

    def discard(self) -> None:
        """Gives all up; nobody takes what it still tells."""
        self.abandoned = True
        self._loop.call(self._loop.abandon, self)
        self._loop.call(self._let_go)

    @property
    def is_done(self) -> bool:
        """Whether all that was handed in has ended, or all that was in flight when it was stopped."""
        return self._closed == (self._opened if self._cut else self._admitted)

    def _next(self) -> Told | None:
        try:
            told = self._told.get_nowait()
        except queue.Empty:
            return None
        if told.scraped is not None and told.scraped.page is not None:
            self._load.pages(-1, len(told.scraped.page.body))
        return told

    # the loop's side

    @property
    def waiting_pages(self) -> int:
        """What has happened and is not yet taken."""
        return self._told.qsize()

    def open_run(self, spec: RequestSpec, rules: SourceRules) -> SpecRun:
        """How a spec is expanded; one that was begun before goes on with the follow-ups that had not ended."""
        spec_id = spec.spec_id
        before = self._before.pop(spec_id, None)
        used, first = (len(before.ended_requests), tuple(before.follow_ups.values())) if before else (0, ())
        budget = Budget(spec.limit, deadline_at=spec.deadline_at, spec_id=spec_id, used=used)
        emit = functools.partial(self._tell, spec_id, expands=True)
        return SpecRun(spec, rules, self.frontier.is_new, emit, budget, first)

    def refuse(self, spec: RequestSpec, reason: Dead, why: str) -> None:
        """A spec cannot be worked on; one that was begun before ends with the follow-ups that had not ended."""
        before = self._before.pop(spec.spec_id, None)
        requests = (*spec.requests, *(before.follow_ups.values() if before else ()))
        for ended in endings.refused(spec, requests, reason, why):
            self._tell(spec.spec_id, ended, expands=ended.outcome.request_id == spec.spec_id)

    def put(self, ended: Scraped | RequestSpec) -> None:
        """What is of no request."""
        if isinstance(ended, Scraped):
            self._tell(ended.outcome.request_id, ended)

    def end(self, ticket: Ticket, scraped: Scraped) -> None:
        """A request has ended; with it is told what its execution did to hosts, as no end of the visit is in sight."""
        scraped.outcome.hosts = self.uses.take_of(ticket.request.execution_id, ticket.rules.name)
        self._tell(ticket.budget.spec_id, scraped)

    def followed(self, ticket: Ticket, requests: Sequence[Request]) -> None:
        """A page led to requests, which its own queue has taken."""
        if requests:
            self._add(Told(ticket.budget.spec_id, followed=tuple(requests)))

    def leave(self, key: HostKey, ticket: Ticket) -> None:
        """A request goes to another host."""
        self._add(Told(ticket.budget.spec_id, left=(key, ticket.request, ticket.budget.limit is not None)))

    def reads(self, page: Page, change: int) -> None:
        """A page has gone to the reader (1), or come back (-1); it counts as waiting all the while."""
        self._load.pages(change, len(page.body))

    def ended(self, admissions: int) -> None:
        """All that so many admissions brought has ended."""
        for used in self.uses.take():
            self.put(endings.used(*used))
        self._closed += admissions

    async def room(self) -> bool:
        """Waits while nobody looks, or too many finished pages of the process are not yet taken; always True."""
        while not self.abandoned:
            if self.has_lapsed:
                self.abandoned = True
            elif self.is_held or self._load.is_full:
                await asyncio.sleep(_LOOK_SECS)
            else:
                break
        return True

    def _tell(self, spec_id: str, scraped: Scraped, expands: bool = False) -> None:
        self._loop.account(scraped)
        if scraped.page is not None and not self._gone:
            self._load.pages(1, len(scraped.page.body))
        self._add(Told(spec_id, scraped, expands))

    def _add(self, told: Told) -> None:
        if not self._gone:
            self._told.put(told)

    def _cut_off(self) -> None:
        self._loop.cancel(self)
        self._cut = True

    def _let_go(self) -> None:
        self._gone = True
        while self._next() is not None:
            pass
