"""What a process keeps of one host between two looks at it, in a stream: a cache of what is written down elsewhere."""

import collections
import dataclasses
import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator

from schemas.outcome import Scraped
from schemas.reasons import Drop
from schemas.request import RequestSpec
from scrapers.fetching import endings
from scrapers.fetching.desk_load import Load
from scrapers.fetching.desk_log import Jot, Notes, OpenSpec, announced_again, announcing, open_specs, rewritten
from scrapers.fetching.desk_visit import DeskVisit, Told
from scrapers.fetching.frontier import Frontier

__all__ = ["Change", "Desk"]

HostKey = tuple[str, int]
_QUICK_SECS, _SLOW_SECS, _SLOWER = 0.1, 0.5, 1.5
_POLL_SECS, _EARLY_SECS = 0.004, 5.0
_AGAIN_SECS = 60.0
"""After so long a host whose page was waited for in vain is tried again: a stage waits for each of its bundles."""
_MOST_REMEMBERED = 20_000
_MOST_JOTS = 64


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """What is to be written down, all of it together with what `Desk.finished` gave.

    Attributes:
      rewrites: the jots so far go; these stand for all.
      token: what the desk's memory is good for: as long as it is the last one that was written.
      paused_until: Unix seconds.
    """

    rewrites: bool
    jots: tuple[Jot, ...]
    token: str
    paused_until: float


class Desk:
    """Work on one host goes in, what has ended comes out, and with it what to write down. It never waits.

    What was written down is the truth: whoever looks asks first whether the desk `knows` it, and else has it `restore`.

    Args:
      open_visit: makes the visit.
      sign: gives a token that was never given before, anywhere.

    Attributes:
      lock: to be held from `knows` to the writing.
      tick_at: Unix seconds of the next look; the caller's.
      next_look_secs: how long to wait until then.
    """

    def __init__(self, key: HostKey, open_visit: Callable[[], DeskVisit], sign: Callable[[], str], load: Load) -> None:
        self.lock = threading.RLock()
        self.tick_at = 0.0
        self.next_look_secs = _QUICK_SECS
        self._key, self._open_visit, self._sign, self._load = key, open_visit, sign, load
        self._token: str | None = None
        self._visit = open_visit()
        self._open: dict[str, OpenSpec] = {}
        self._past: collections.deque[list[str]] = collections.deque()
        self._remembered = 0
        self._owed: list[Scraped] = []
        self._early: list[Told] = []
        self._early_until = 0.0  # monotonic
        self._awaited: dict[str, list[OpenSpec]] = {}  # restored follow-ups: whichever spec comes to one first has it
        self._notes = Notes()
        self._jots = 0
        self._paused_until = 0.0
        self._slow_until = 0.0  # monotonic: nobody waits for its pages
        self._deadlines: dict[str, float] = {}  # of executions, while requests for other hosts are gathered
        self._has_restored = False

    def knows(self, token: str | None) -> bool:
        """Whether its memory is of what was written down last: no other process, no failed bundle came between."""
        self._visit.seen()
        return token == self._token and not self._visit.abandoned

    def restore(self, jots: Iterable[Jot], paused_until: float) -> None:
        """Begins anew from what was written down: what had not ended is started again, what had is not."""
        self.discard()
        self._visit = self._open_visit()
        self._visit.arrive(self._key, paused_until)
        self._paused_until = paused_until
        jots = list(jots)
        self._jots = len(jots)
        self._notes = Notes(itertools.count(max([jot.number for jot in jots], default=-1) + 1))
        self._open = open_specs(jots)
        self._awaited, self._early = {}, []
        for one in self._open.values():
            for request_id in one.follow_ups:
                self._awaited.setdefault(request_id, []).append(one)
        self._load.change_specs(len(self._open))
        self._past.clear()
        self._remembered = 0
        self._owed = [known for one in self._open.values() for known in announced_again(one)]
        for one in self._open.values():
            self._visit.resume(self._key, one)
        self._has_restored = True
        self.tick_at = 0.0  # a failed bundle takes its timers back, too

    def take(self, spec: RequestSpec) -> None:
        """Starts the work on a spec; nothing happens when it is at work on it."""
        spec_id = spec.spec_id
        if spec_id not in self._open:
            self._open[spec_id] = OpenSpec(spec_id, spec)
            self._notes.begin(spec)
            self._load.change_specs(1)
            self._visit.hand_in(self._key, [spec])
        self.next_look_secs = _QUICK_SECS

    def wait(self, secs: float) -> None:
        """Waits, no longer than that, for what is at work to end; not at all while the process has much in hand, or
        where pages take longer, as in a browser."""
        now = time.monotonic()
        if now < self._slow_until:
            return
        until = now + secs
        while not self._visit.is_done and self._load.is_little and time.monotonic() < until:
            time.sleep(_POLL_SECS)
        if not self._visit.is_done and time.monotonic() - now > _QUICK_SECS:  # less tells nothing
            self._slow_until = time.monotonic() + _AGAIN_SECS

    def finished(self) -> list[Scraped | RequestSpec]:
        """What has ended since the last call, and requests for other hosts."""
        ended: list[Scraped | RequestSpec] = [*self._owed]
        self._owed = []
        batches, self._deadlines = Frontier(), {}
        told = self._told()
        for one in told:
            ended += self._note(one, batches)
        for spec in batches.flush():
            ended += self._onward(spec)
        self.next_look_secs = _QUICK_SECS if told else min(_SLOW_SECS, self.next_look_secs * _SLOWER)
        return ended

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to be done, or to be told."""
        return not self._open and self._visit.is_done and not self._visit.waiting_pages

    def stop(self) -> None:
        """Starts nothing more; what is in flight may end and is `finished`. What is left stays written down."""
        self._visit.stop()

    @property
    def has_stopped(self) -> bool:
        """Whether nothing is in flight any more after `stop`."""
        return self._visit.is_done

    def discard(self) -> None:
        """Gives up what is at work, and all memory."""
        self._visit.discard()
        self._load.change_specs(-len(self._open))
        self._open = {}
        self._token = None

    def change(self) -> Change | None:
        """What is to be written down since the last call; None for nothing."""
        jot = self._notes.take()
        pause = self._visit.paused_until(self._key)
        is_paused = pause > self._paused_until + 1.0
        if is_paused:
            self._paused_until = pause
        if jot is None and not self._has_restored and not is_paused:
            return None
        self._has_restored = False
        self._token = self._sign()
        self._jots += jot is not None
        if self._jots > _MOST_JOTS + len(self._open) // 50 or (self._jots and not self._open):
            jots = rewritten(list(self._open.values()), self._notes.numbers)
            self._jots = len(jots)
            return Change(True, tuple(jots), self._token, self._paused_until)
        return Change(False, (jot,) if jot else (), self._token, self._paused_until)

    def _told(self) -> list[Told]:
        """What has happened. What specs were expanded to waits a while for a page of theirs: alone it would cost a
        bundle, and further stages one each, while no execution can end by it."""
        if not self._early:
            self._early_until = time.monotonic() + _EARLY_SECS
        told = [*self._early, *self._visit.told()]
        self._early = told if time.monotonic() < self._early_until and all(map(self._is_early, told)) else []
        return [] if self._early else told

    def _is_early(self, told: Told) -> bool:
        one = self._open.get(told.spec_id)
        if one is None or told.scraped is None or not told.expands:
            return False
        return not one.ended.issuperset(told.scraped.outcome.spawned)

    def _note(self, told: Told, batches: Frontier) -> Iterator[Scraped | RequestSpec]:
        one = self._open.get(told.spec_id)
        if one is None:
            if told.scraped is not None and not told.scraped.outcome.request_id:
                yield told.scraped  # what was done to hosts
        elif told.left is not None:
            key, request, limited = told.left
            one.left.append(request.request_id)
            self._deadlines[request.execution_id] = one.spec.deadline_at
            if (spec := batches.leave(key, request, limited)) is not None:
                yield from self._onward(spec)
        elif told.followed:
            one.follow(told.followed)
            self._notes.follow(one.spec_id, told.followed)
        elif told.scraped is not None and told.scraped.outcome.reason != Drop.CANCELLED:
            yield from self._end(one, told.scraped, told.expands)

    def _end(self, one: OpenSpec, scraped: Scraped, expands: bool) -> Iterator[Scraped]:
        outcome = scraped.outcome
        if expands:
            one.announce(outcome.spawned)
        one.is_expanded |= outcome.request_id == one.spec_id
        if outcome.request_id in one.ended:  # a spec that was expanded before, in another process
            yield announcing(one.spec, outcome.spawned)
        else:
            if outcome.request_id:
                for each in [one, *(other for other in self._awaited.pop(outcome.request_id, ()) if other is not one)]:
                    self._ends_for(each, outcome.request_id)
            yield scraped
        if one.is_over and one.spec_id in self._open:
            self._close(one)

    def _ends_for(self, one: OpenSpec, request_id: str) -> None:
        one.end(request_id)
        self._notes.end(one.spec_id, request_id)
        if one.is_over:
            self._close(one)

    def _close(self, one: OpenSpec) -> None:
        del self._open[one.spec_id]
        self._notes.over(one.spec_id)
        self._load.change_specs(-1)
        seen = [*one.ended_requests, *one.left]
        self._past.append(seen)
        self._remembered += len(seen)
        while self._remembered > _MOST_REMEMBERED:
            forgotten = self._past.popleft()
            self._remembered -= len(forgotten)
            self._visit.forget(forgotten)

    def _onward(self, spec: RequestSpec) -> list[Scraped | RequestSpec]:
        return [endings.announced(spec), dataclasses.replace(spec, deadline_at=self._deadlines[spec.execution_id])]
