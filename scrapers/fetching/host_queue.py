"""The requests of one host key in one visit: workers that take them in turn, at that host's own pace."""

import asyncio
import collections
from collections.abc import Sequence
from typing import TYPE_CHECKING

from schemas.outcome import Scraped
from schemas.reasons import Dead, Drop
from schemas.request import Request, RequestSpec
from scrapers.fetching import endings
from scrapers.fetching.limits import Limiter
from scrapers.fetching.spec_run import SpecRun
from scrapers.fetching.ticket import Ticket
from scrapers.fetching.ticket_course import TicketCourse
from scrapers.hosts import host_key

if TYPE_CHECKING:
    from scrapers.fetching.fetch_loop import FetchLoop
    from scrapers.fetching.visit import Visit

__all__ = ["HostQueue"]

HostKey = tuple[str, int]


class HostQueue:
    """Holds what waits; a worker carries one request at a time through its course.

    Requests that are ready (follow-ups) go before seeds, so that the frontier stays small however many seeds there are.
    Everything here runs on the loop.

    Attributes:
      admissions: how often work was handed in; the visit is told of each when the queue closes.
    """

    def __init__(self, key: HostKey, visit: "Visit", loop: "FetchLoop") -> None:
        self.key = key
        self.visit = visit
        self.admissions = 0
        self.limiter = Limiter(key[1], loop.uses)
        self._loop = loop
        self._course = TicketCourse(self, loop)
        self._ready: collections.deque[Ticket] = collections.deque()
        self._specs: collections.deque[SpecRun] = collections.deque()
        self._delayed: dict[Ticket, asyncio.TimerHandle] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._out = 0  # requests that a worker or the reader has
        self._places = 0
        self._told: set[tuple[str, str]] = set()

    def add_spec(self, spec: RequestSpec) -> None:
        """Takes a spec; one of a source that does not exist here ends as letters."""
        rules = self._loop.rules(spec.source)
        if rules is None:
            self.visit.refuse(spec, Dead.UNKNOWN_SOURCE, f"there is no source {spec.source!r} that can be used")
            return
        # several sources on one host: the strictest of them decides how many requests it sees at once
        self._places = min(self._places, rules.concurrency) if self._places else rules.concurrency
        self._loop.attempts.clocks.of(self.key, rules.delay_secs)
        self._specs.append(self.visit.open_run(spec, rules))

    def wake(self) -> None:
        """Starts workers for what waits, and closes the queue when nothing is left anywhere."""
        if self._loop.closed:
            return
        waiting = len(self._ready) + (self._places if self._specs else 0)
        for _ in range(min(waiting, self._places - len(self._workers))):
            worker = asyncio.get_running_loop().create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._worker_left)  # one that is cancelled before it has begun has no `finally`
        if not (self._workers or self._ready or self._specs or self._delayed or self._out):
            self._loop.close_queue(self)

    async def _work(self) -> None:
        while await self.visit.room() and (ticket := self._take()) is not None:
            await self._course.run(ticket)

    def _worker_left(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        self.wake()

    def _take(self) -> Ticket | None:
        while self._ready or self._specs:
            ticket = self._ready.popleft() if self._ready else self._next_seed()
            if ticket is None:
                continue
            self._out += 1
            ticket.uses = self.visit.uses
            refusal = self.limiter.refuse(ticket, self._loop.time())
            if self._stopping():
                refusal = Drop.CANCELLED, ""
            if refusal is None and ticket.budget.is_late(self._loop.settings.clock):
                self.end(ticket, endings.died(ticket, Dead.EXPIRED, endings.TOO_LATE))
                continue
            if refusal is None:
                return ticket
            self.end(ticket, endings.dropped(ticket, refusal[0], self.once(ticket.request, refusal[1])))
        return None

    def _next_seed(self) -> Ticket | None:
        run = self._specs[0]
        refusal = (Drop.CANCELLED, "cancelled") if self._stopping() else None
        refusal = refusal or self.limiter.refuse_spec(run, self._loop.time())
        if refusal is None and run.budget.is_late(self._loop.settings.clock) and run.can_expire:
            run.expire()
            self._specs.popleft()
            return None
        ticket = None if refusal else run.take()
        if refusal:
            run.cut(*refusal)
        if ticket is None:
            self._specs.popleft()
        elif len(self._specs) > 1:
            self._specs.rotate(-1)  # sources that share a host take turns
        return ticket

    def _stopping(self) -> bool:
        return self._loop.stopping or self.visit.abandoned

    def once(self, request: Request, note: str) -> str:
        """A limit is noted once, not once a request that it cost."""
        if (request.source, note) in self._told:
            return ""
        self._told.add((request.source, note))
        return note

    def retry(self, ticket: Ticket, wait_secs: float) -> None:
        """Puts a request back after a while; meanwhile it takes up no worker."""
        self._loop.suspects.rest(ticket)
        self._delayed[ticket] = asyncio.get_running_loop().call_later(wait_secs, self._due, ticket)
        self._out -= 1

    def _due(self, ticket: Ticket) -> None:
        del self._delayed[ticket]
        self._ready.append(ticket)
        self.wake()

    def end(self, ticket: Ticket, scraped: Scraped) -> None:
        """A request has ended."""
        self._loop.suspects.end(ticket, scraped)
        self._out -= 1
        self.limiter.watch(scraped)
        self.visit.end(ticket, scraped)

    def ended_by_reader(self, ticket: Ticket, scraped: Scraped) -> None:
        """A request has ended after its worker went on: the queue may now be empty, or have follow-ups."""
        self.end(ticket, scraped)
        self.wake()

    def follow(self, ticket: Ticket, requests: Sequence[Request]) -> tuple[str, ...]:
        """Takes the follow-ups of a page, into this queue or onward to their host; gives the ids of the new ones."""
        if not self.visit.follow:
            return ()
        keyed = [(request, host_key(request.url, self.key[1])) for request in requests]
        new = [(request, key) for request, key in keyed if self.visit.frontier.is_new(request)]
        self.visit.followed(ticket, [request for request, key in new if key == self.key])
        for request, key in new:
            follow_up = Ticket(request, ticket.rules, ticket.budget)
            if key == self.key:
                self._ready.append(follow_up)
            else:
                self._leave(follow_up, (key[0], 0))
        return tuple([request.request_id for request, _ in new])

    def _leave(self, ticket: Ticket, key: HostKey) -> None:
        """Another host's request goes to its owner in the next round; in the last round it is a letter."""
        self._out += 1
        if not self.visit.onward:
            message = f"{key[0]} would need another round; a replay goes on from here"
            return self.end(ticket, endings.died(ticket, Dead.ROUNDS_EXCEEDED, message))
        refusal = self.limiter.refuse(ticket, self._loop.time())
        if refusal is not None:
            return self.end(ticket, endings.dropped(ticket, refusal[0], self.once(ticket.request, refusal[1])))
        self._out -= 1
        self.visit.leave(key, ticket)
        return None

    def cancel(self) -> None:
        """Ends everything that is not in flight; requests in flight may finish."""
        for ticket, timer in self._delayed.items():
            timer.cancel()
            self._ready.append(ticket)
        self._delayed.clear()
        self._take()  # with `stopping` set it drops all there is
        self.wake()

    def abort(self) -> None:
        """Ends what is in flight too."""
        for worker in self._workers:
            worker.cancel()
