"""What one bundle (or `try`, or a test) asks of the process's fetcher: work goes in, what has ended comes out."""

import asyncio
import queue
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from schemas.outcome import Scraped
from schemas.page import Page
from schemas.reasons import Dead
from schemas.request import Request, RequestSpec
from scrapers.fetching import endings
from scrapers.fetching.frontier import Frontier
from scrapers.fetching.host_uses import HostUses
from scrapers.fetching.source_rules import SourceRules
from scrapers.fetching.spec_run import SpecRun
from scrapers.fetching.ticket import Ticket

if TYPE_CHECKING:
    from scrapers.fetching.fetch_loop import FetchLoop

__all__ = ["Visit"]

HostKey = tuple[str, int]
_LOOK_SECS = 0.01
_ALIVE_SECS = 1.0
_HOSTS_TOLD_AT_ONCE = 100


class Visit:
    """One caller thread gives and takes; the loop works. Counts that both sides touch have one writer each.

    Attributes:
      onward: whether requests for other hosts leave as RequestSpec; else they end as letters.
      follow: whether requests that pages lead to are made at all.
      frontier: what has been seen; the loop's.
      uses: what its requests did to hosts; the loop's.
      abandoned: nobody takes what ends.
    """

    def __init__(self, loop: "FetchLoop", onward: bool, follow: bool = True) -> None:
        self.onward = onward
        self.follow = follow
        self.frontier = Frontier()
        self.uses = HostUses()
        self._loop = loop
        self._out: queue.SimpleQueue[Scraped | RequestSpec | None] = queue.SimpleQueue()
        self._unended = 0  # admissions; written by the caller only
        self._opened = 0  # admissions that the loop has taken up; written by the loop only
        self._closed = 0  # those of them that have ended; the loop's
        self._admitted = 0
        self._put = self._taken = self._put_bytes = self._taken_bytes = 0
        self._reading = self._reading_bytes = 0  # with the parser; the loop's
        self.abandoned = False
        self._full = False
        self._room: asyncio.Event | None = None

    # the caller's side

    def admit(self, key: HostKey, specs: Iterable[RequestSpec]) -> None:
        """Hands in the work of one host and returns at once, unless the process works on too many hosts.

        It waits until this host has its place, or until so many pages are finished that the caller should take them
        first: the host then keeps waiting for its place by itself.
        """
        self.hand_in(key, specs)
        while self._opened < self._admitted and not self._is_full():
            time.sleep(_LOOK_SECS)
            self._loop.check()

    def hand_in(self, key: HostKey, specs: Iterable[RequestSpec]) -> None:
        """Hands in the work of one host; never waits."""
        self._unended += 1
        self._admitted += 1
        self._loop.call(self._loop.admit, self, key, list(specs))

    def finished(self) -> list[Scraped | RequestSpec]:
        """What has ended since the last call; never waits."""
        ended: list[Scraped | RequestSpec] = []
        while True:
            try:
                got = self._out.get_nowait()
            except queue.Empty:
                return ended
            if self._take(got) and got is not None:
                ended.append(got)

    def drain(self) -> Iterator[Scraped | RequestSpec]:
        """Everything else, as it ends; returns when all that was admitted has ended."""
        while self._unended:
            try:
                got = self._out.get(timeout=_ALIVE_SECS)
            except queue.Empty:
                self._loop.check()
                continue
            if self._take(got) and got is not None:
                yield got

    def abandon(self) -> None:
        """Gives the work up, what has not ended never will: for a bundle that failed and will be tried again."""
        self.abandoned = True
        self._unended = 0
        self._loop.call(self._loop.abandon, self)

    def _take(self, got: Scraped | RequestSpec | None) -> bool:
        if got is None:
            self._unended -= 1
            return False
        self._taken += 1
        if isinstance(got, Scraped) and got.page is not None:
            self._taken_bytes += len(got.page.body)
        if self._full and self._room is not None and not self._is_full():
            self._full = False
            self._loop.call(self._room.set)
        return True

    def _is_full(self) -> bool:
        settings = self._loop.settings
        return (
            self._reading + self._put - self._taken >= settings.max_waiting_pages
            or self._reading_bytes + self._put_bytes - self._taken_bytes >= settings.max_waiting_bytes
        )

    # the loop's side

    @property
    def waiting_pages(self) -> int:
        """What has ended and is not yet taken."""
        return self._reading + self._put - self._taken

    def put(self, ended: Scraped | RequestSpec) -> None:
        """Something has ended."""
        if isinstance(ended, RequestSpec):
            self.put(endings.announced(ended))
        else:
            if ended.page is not None:
                self._put_bytes += len(ended.page.body)
            self._loop.account(ended)
        self._put += 1
        self._out.put(ended)

    def end(self, ticket: Ticket, scraped: Scraped) -> None:
        """A request has ended."""
        self.put(scraped)

    def open_run(self, spec: RequestSpec, rules: SourceRules) -> SpecRun:
        """How a spec is expanded."""
        return SpecRun(spec, rules, self.frontier.is_new, self.put)

    def refuse(self, spec: RequestSpec, reason: Dead, why: str) -> None:
        """A spec cannot be worked on."""
        for ended in endings.refused(spec, spec.requests, reason, why):
            self.put(ended)

    def followed(self, ticket: Ticket, requests: Sequence[Request]) -> None:
        """A page led to requests, which its own queue has taken."""

    def leave(self, key: HostKey, ticket: Ticket) -> None:
        """A request goes to another host, together with others for it."""
        spec = self.frontier.leave(key, ticket.request, limited=ticket.budget.limit is not None)
        if spec is not None:
            self.put(spec)

    def reads(self, page: Page, change: int) -> None:
        """A page has gone to the reader (1), or come back (-1); it counts as waiting all the while."""
        self._reading += change
        self._reading_bytes += change * len(page.body)

    def opened(self) -> None:
        """An admission has been taken up."""
        self._opened += 1

    def ended(self, admissions: int) -> None:
        """All that so many admissions brought has ended."""
        for spec in self.frontier.flush():
            self.put(spec)
        self._closed += admissions
        if self._closed == self._opened or self.uses.hosts >= _HOSTS_TOLD_AT_ONCE:
            for used in self.uses.take():
                self.put(endings.used(*used))
        for _ in range(admissions):
            self._out.put(None)

    async def room(self) -> bool:
        """Waits while too many finished pages are not yet taken; always True."""
        while self._is_full() and not self.abandoned:
            if self._room is None:
                self._room = asyncio.Event()
            self._room.clear()
            self._full = True
            if self._is_full():  # asked again: the caller looks at `_full` after it has taken
                await self._room.wait()
        return True
