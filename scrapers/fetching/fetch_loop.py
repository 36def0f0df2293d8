"""The fetcher's side on its loop: opens and closes host queues, and stops them all when the run is to end."""

import asyncio
import collections
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from schemas.outcome import Scraped
from schemas.page import Page
from schemas.reading import Reading
from schemas.request import RequestSpec
from scrapers.fetching.attempt import Attempts
from scrapers.fetching.auto_mode import AutoMode
from scrapers.fetching.failures import Stopped
from scrapers.fetching.host_queue import HostQueue
from scrapers.fetching.limits import Uses
from scrapers.fetching.progress import Progress
from scrapers.fetching.reader import Reader
from scrapers.fetching.settings import FetchSettings
from scrapers.fetching.shared_hosts import SharedHosts
from scrapers.fetching.source_rules import SourceRules
from scrapers.fetching.suspects import Suspects
from scrapers.fetching.visit import Visit
from scrapers.source_files.load import LoadedSource

__all__ = ["FetchLoop"]

HostKey = tuple[str, int]


class FetchLoop:
    """All hosts of a process on one event loop. Only `call`, `check` and what they name are for other threads.

    Attributes:
      stopping: nothing new is started any more.
      closed: the loop is about to end.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sources: Mapping[str, LoadedSource],
        read: Callable[[Page], Reading],
        settings: FetchSettings,
    ) -> None:
        self.settings = settings
        self.read = read
        self.time = loop.time
        self.stopping = self.closed = False
        self.suspects = Suspects(settings.notes, lambda: self.stopping)
        self.uses = Uses()
        self.progress = Progress()
        self.attempts = Attempts(settings, sources, self.sleep)
        self.auto = AutoMode(settings.auto_hints)
        self.reader = Reader(loop)
        self._loop = loop
        self._sources = sources
        self._rules: dict[str, SourceRules] = {}
        self._open: dict[tuple[int, HostKey], HostQueue] = {}
        self._owners: set[HostKey] = set()  # of the open queues; each has one
        self._waiting: collections.deque[tuple[Visit, HostKey, Sequence[RequestSpec], bool]] = collections.deque()
        self._shared = SharedHosts(settings.host_locks, self)
        self._failure: Exception | None = None
        self._sleepers: set[asyncio.Future[None]] = set()

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Has a function called on the loop; from any thread."""
        self._loop.call_soon_threadsafe(function, *arguments)

    def check(self) -> None:
        """Raises RuntimeError when the loop has ended or failed: nobody waits for it for ever. From any thread."""
        if self._failure is not None:
            raise RuntimeError("the fetcher has a mistake; what it was working on cannot end") from self._failure
        if not self._loop.is_running():
            raise RuntimeError("the fetcher has been closed while a visit was waiting for it")

    def note_failure(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """The loop's exception handler: whoever waits is told of a mistake of ours, not of connections that break."""
        error = context.get("exception")
        if isinstance(error, Exception) and not isinstance(error, OSError) and not _is_of_playwright(error):
            self._failure = self._failure or error

    def rules(self, source: str) -> SourceRules | None:
        """A source's rules, made when they are first needed; None for a source that does not exist."""
        rules = self._rules.get(source)
        if rules is None and source in self._sources:
            rules = self._rules[source] = SourceRules(self._sources[source])
        return rules

    def admit(self, visit: Visit, key: HostKey, specs: Sequence[RequestSpec], is_opened: bool = False) -> None:
        """Opens a queue for the work, adds it to the one that is open, or has it wait for its place.

        It waits also while another visit works on the host: a host has one queue at a time, on this machine where
        there are `host_locks`. The caller does not wait for another process.

        Args:
          is_opened: the visit has been told that it was taken up.
        """
        name = id(visit), key
        if name not in self._open and (len(self._open) >= self.settings.max_hosts or key in self._owners):
            self._waiting.append((visit, key, specs, is_opened))
            return
        if not is_opened:
            visit.opened()
        if not self._shared.may_open(key, specs):
            self._shared.wait(visit, key, specs)
            return
        host_queue = self._open.get(name)
        if host_queue is None:
            host_queue = self._open[name] = HostQueue(key, visit, self)
            self._owners.add(key)
        host_queue.admissions += 1
        for spec in specs:
            host_queue.add_spec(spec)
        host_queue.wake()

    def abandon(self, visit: Visit) -> None:
        """Ends the work of a visit that nobody takes from any more."""
        for host_queue in self.cancel(visit):
            host_queue.abort()

    def cancel(self, visit: Visit) -> list[HostQueue]:
        """Ends the work of an abandoned visit but for what is in flight; gives the queues that may have such."""
        self._waiting = collections.deque(waiting for waiting in self._waiting if waiting[0] is not visit)
        self._shared.abandon(visit)
        queues = [one for one in self._open.values() if one.visit is visit]
        for host_queue in queues:
            host_queue.cancel()
        return queues

    def close_queue(self, host_queue: HostQueue) -> None:
        """Tells the visit that its work has ended, and gives the place to the next host."""
        name = id(host_queue.visit), host_queue.key
        if self._open.pop(name, None) is None:
            return
        self._owners.discard(host_queue.key)
        self._shared.give_back(host_queue.key)
        host_queue.visit.ended(host_queue.admissions)
        if self._waiting:
            self._loop.call_soon(self._admit_waiting)

    def _admit_waiting(self) -> None:
        waiting, self._waiting = self._waiting, collections.deque()
        for one in waiting:
            self.admit(*one)

    def account(self, scraped: Scraped) -> None:
        """Adds an ended request to the progress, and dates its letter."""
        outcome, letter, progress = scraped.outcome, scraped.letter, self.progress
        if letter is not None:
            letter.failed_at = self.settings.clock()
            letter.first_failed_at = letter.first_failed_at or letter.failed_at
        progress.bytes += outcome.bytes
        if outcome.end == "dead":
            progress.letters[outcome.source, outcome.reason] += 1
        elif outcome.end == "dropped":
            progress.dropped[outcome.reason] += 1
        elif scraped.page is not None:
            progress.pages[outcome.source] += 1
            progress.from_archive += outcome.from_archive
            if outcome.rendered:
                progress.rendered[outcome.source] += 1

    def hosts(self) -> tuple[int, int, int]:
        """Hosts open, hosts waiting for a place, finished pages not yet taken."""
        visits = {id(host_queue.visit): host_queue.visit for host_queue in list(self._open.values())}
        return len(self._open), len(self._waiting), sum(visit.waiting_pages for visit in visits.values())

    async def sleep(self, secs: float) -> None:
        """Waits. Raises Stopped as soon as the run is to end."""
        if self.stopping:
            raise Stopped
        waiter: asyncio.Future[None] = self._loop.create_future()
        timer = self._loop.call_later(secs, lambda: None if waiter.done() else waiter.set_result(None))
        self._sleepers.add(waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._sleepers.discard(waiter)

    async def watch_for_stop(self) -> None:
        """Asks whether to stop, and then ends everything: what waits at once, what is in flight after the grace."""
        while not self.settings.stopping():  # noqa: ASYNC110  a file or somebody's function: it can only be asked
            await asyncio.sleep(self.settings.poll_stop_secs)
        self._stop_sleepers()
        for host_queue in list(self._open.values()):
            host_queue.cancel()
        await asyncio.sleep(self.settings.grace_secs)
        for host_queue in list(self._open.values()):
            host_queue.abort()

    def _stop_sleepers(self) -> None:
        self.stopping = True
        for sleeper in self._sleepers:
            if not sleeper.done():
                sleeper.set_exception(Stopped())

    async def close(self) -> None:
        """Ends what is in flight, and closes connections and the reader."""
        self.closed = True
        self._stop_sleepers()
        for host_queue in list(self._open.values()):
            host_queue.abort()
        await asyncio.sleep(0)
        self.reader.close()
        self._shared.close()
        await self.attempts.close()


def _is_of_playwright(error: Exception) -> bool:
    """Whether it came up in Playwright: so some calls of a driver that was killed end, long after anybody waits."""
    frames = traceback.walk_tb(error.__traceback__)
    return any(str(frame.f_globals.get("__name__", "")).startswith("playwright.") for frame, _ in frames)
