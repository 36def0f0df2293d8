"""The loop: claims events, works on a few at once, and tells their inbox what became of each."""

import collections
import contextlib
import logging
import queue
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from pipelines.broken_run import explain
from pipelines.exit_status import CANNOT_WRITE
from pipelines.streaming.admission import Admitted, admit
from pipelines.streaming.claiming import room_for_more
from pipelines.streaming.event_run import AtWorkElsewhere, CutShort, EventRuns
from pipelines.streaming.event_work import EventWork
from pipelines.streaming.generation import Generation, Shared, fingerprint
from pipelines.streaming.inbox import Inbox, LetterBox, Outbox, Taken
from pipelines.streaming.pace import Pace
from pipelines.streaming.raw_group import RawGroup
from pipelines.streaming.raw_workers import RawWorkers, WorkerDied
from schemas.events.event import Event, Malformed
from schemas.events.reading import Limits
from schemas.ids import content_id
from schemas.reasons import Dead

__all__ = ["Service"]

_LOG = logging.getLogger(__name__)


class Service:
    """Sees events through until it is asked to stop.

    Args:
      folder: of source files.
      outbox: None: nobody is told.
      stop: whether nothing new may be begun.
      cut: is called when what is in flight must end (`Shared.cut` is then true).
      letter_box: takes events that became dead letters; None: they stand in the table only.
      say: is told of each execution that has ended.
    """

    def __init__(
        self,
        folder: Path,
        inbox: Inbox,
        outbox: Outbox | None,
        runs: EventRuns,
        shared: Shared,
        *,
        stop: Callable[[], bool],
        cut: Callable[[], None],
        limits: Limits,
        pace: Pace,
        letter_box: LetterBox | None = None,
        say: Callable[[Event], None] = lambda _: None,
    ) -> None:
        self._folder, self._inbox, self._runs = folder, inbox, runs
        self._shared, self._stop, self._cut = shared, stop, cut
        self._limits, self._pace, self._say = limits, pace, say
        self._raw = RawWorkers(runs, pace.raw_workers)
        self._work = EventWork(runs, self._raw, shared.where, outbox, letter_box, limits, pace.publish_secs, stop)
        self._groups: set[Future[None]] = set()
        self._busy: set[str] = set()
        self._held: collections.deque[Admitted] = collections.deque()
        self._flying: dict[Future[list[Event]], Admitted] = {}
        self._ended: queue.SimpleQueue[Future[list[Event]]] = queue.SimpleQueue()
        self._generation = Generation(folder, shared)
        self._looked_at = time.monotonic()
        self._is_stale = False

    def serve(self) -> None:
        """Works until it is to stop; then ends what is in flight. Raises InboxLost."""
        with ThreadPoolExecutor(self._pace.slots, thread_name_prefix="event") as slots:
            try:
                while not self._stop():
                    self._look_at_sources()
                    self._take()
                    self._begin(slots)
                    self._settle(self._pace.poll_secs)
            finally:
                self._drain()
                self._raw.close()
                self._generation.close()
                self._inbox.close()

    def _take(self) -> None:
        if self._is_stale:
            return
        room = room_for_more(self._held, self._busy, self._pace, bool(self._groups))
        for taken in self._inbox.take(room) if room else ():
            self._held.append(self._admit(taken))

    def _admit(self, taken: Taken) -> Admitted:
        try:
            return admit(taken, self._generation, self._limits, self._runs.has_begun)
        except OSError:  # the output is away
            raise
        except Exception as error:  # noqa: BLE001  the boundary around one event: others are worked on
            _LOG.warning("event %s cannot be read", taken.message_id, exc_info=error)
            why = f"to read it broke off: {type(error).__name__}: {error}"
            return Admitted(taken, None, letters=[Malformed(Dead.POISON, why, "", content_id("poison", taken.data))])

    def _begin(self, slots: ThreadPoolExecutor) -> None:
        """Begins what can be begun, in the order in which it came."""
        waiting, self._held = self._held, collections.deque()
        now, full = time.monotonic(), self._is_stale
        suspect = any(one.taken.crashes for one in self._flying.values())
        self._groups = {group for group in self._groups if not group.done()}
        begun = len(self._groups) + sum(not one.is_raw for one in self._flying.values())
        raw = RawGroup(room=begun < self._pace.slots and len(self._groups) < self._raw.at_once)
        for one in waiting:
            full = full or begun >= self._pace.slots
            no_room = not raw.has_room_for(one) if one.is_raw else full
            if no_room or self._is_stale or one.not_before > now or (one.taken.crashes and suspect):
                self._held.append(one)
                continue
            one.check_time(self._limits, self._runs.has_begun)
            if not self._busy.isdisjoint(one.locks):
                self._held.append(one)
                continue
            self._busy.update(one.locks)
            suspect = suspect or bool(one.taken.crashes)
            self._inbox.begin(one.taken)
            if one.taken.crashes:
                self._generation.fetcher.look_for_crashes()
            if one.is_raw:
                raw.add(one)
                continue
            begun += 1
            future = slots.submit(self._work.one, one, self._generation)
            self._flying[future] = one
            future.add_done_callback(self._ended.put)
        if raw.events:
            self._begin_raw(slots, raw.events)

    def _begin_raw(self, slots: ThreadPoolExecutor, group: list[Admitted]) -> None:
        """Begins events that tell of raw output, together; each has its own end."""
        ends: list[Future[list[Event]]] = [Future() for _ in group]
        for one, end in zip(group, ends, strict=True):
            self._flying[end] = one
            end.add_done_callback(self._ended.put)
        self._groups.add(slots.submit(self._work.raw, group, ends, self._generation))

    def _settle(self, wait_secs: float) -> None:
        """Takes in what has ended; waits a little for the first."""
        done: list[Taken] = []
        with contextlib.suppress(queue.Empty):
            self._settle_one(self._ended.get(timeout=wait_secs), done)
            while True:
                self._settle_one(self._ended.get_nowait(), done)
        if done:
            self._inbox.done(*done)

    def _settle_one(self, future: Future[list[Event]], done: list[Taken]) -> None:
        """Takes in the end of one event.

        Args:
          done: is added to.
        """
        one = self._flying.pop(future)
        self._busy.difference_update(one.locks)
        error = future.exception()
        if error is None:
            for event in future.result():
                self._say(event)
            if one.names:
                done.append(one.taken)
            else:
                self._inbox.failed(one.taken)
        elif isinstance(error, WorkerDied):
            one.taken.crashes += 1
            self._inbox.give_back(one.taken)
        elif isinstance(error, CutShort):
            self._inbox.give_back(one.taken)
        else:
            self._failed(one, error)

    def _failed(self, one: Admitted, error: BaseException) -> None:
        """Working on it broke off: it is tried again after a while, unless it is to blame itself."""
        one.failures += 1
        pause = min(2.0**one.failures, self._pace.longest_pause_secs)
        one.not_before = time.monotonic() + pause
        if isinstance(error, AtWorkElsewhere):
            one.failures = 0
        else:
            status, said = explain(error, str(self._shared.where))
            _LOG.warning("event %s: %s; tried again in %.0f s", one.taken.message_id, said, pause, exc_info=error)
            if status != CANNOT_WRITE and one.failures >= self._pace.most_failures and one.event is not None:
                one.letters = [Malformed(Dead.POISON, said, "", one.event.key)]
                one.event, one.names, one.locks, one.not_before = None, [], (), 0.0
        self._held.append(one)

    def _look_at_sources(self) -> None:
        """Takes up files that have changed, when nothing is in flight that was begun with the old ones."""
        now = time.monotonic()
        if not self._is_stale and now - self._looked_at >= self._pace.look_secs:
            self._looked_at = now
            self._is_stale = fingerprint(self._folder) != self._generation.fingerprint
        if not self._is_stale or self._flying:
            return
        try:
            new = Generation(self._folder, self._shared)
        except (OSError, ValueError) as error:
            _LOG.warning("%s cannot be read, the sources stay as they were: %s", self._folder, error)
        else:
            self._generation.close()
            self._generation = new
            self._held = collections.deque(self._again(one) for one in self._held)
        self._is_stale = False

    def _again(self, one: Admitted) -> Admitted:
        again = self._admit(one.taken)
        again.not_before, again.failures = one.not_before, one.failures
        return again

    def _drain(self) -> None:
        """Nothing new is begun: what is in flight ends, what only waits is given back."""
        for one in self._held:
            self._inbox.give_back(one.taken)
        self._held.clear()
        end = time.monotonic() + self._pace.drain_secs
        while self._flying and time.monotonic() < end:
            self._settle(self._pace.poll_secs)
        self._cut()
        while self._flying:
            self._settle(self._pace.poll_secs)
        for one in self._held:
            self._inbox.give_back(one.taken)
