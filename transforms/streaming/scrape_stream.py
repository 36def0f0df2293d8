"""Fetches and parses the requests of a stream, each host under one owner; no bundle waits for a page."""

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.coders import FloatCoder, PickleCoder, StrUtf8Coder
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.transforms.window import GlobalWindow

from schemas.request import RequestSpec
from transforms.streaming.desks import Desk, Desks
from transforms.streaming.keyed import keyed
from transforms.streaming.patience import Patience
from transforms.tags import ONWARD

__all__ = ["ScrapeStream"]

HostKey = tuple[str, int]
_DRAIN_SECS, _GRACE_SECS = 5.0, 3.0
_LATE_SECS = 1.0
_ROOM_SECS = 0.5
_PAGE_SECS = 0.2
"""That a bundle waits for the pages it has begun: a quick one needs no timer then, and no further bundle."""
_LOOK_SECS = 0.05
_LEFT = "left"
"""The token of a host whose work was left when the source ended. Prism 2.77 fires a timer that was cleared, too."""


class ScrapeHostFn(beam.DoFn):
    """Starts what comes on the process's fetcher, and looks again shortly for what has ended.

    State is the truth, and the process's memory of a host is used only when it is of this state: a key may have moved
    away and back, and a failed bundle takes state back but not memory. Timers hold no truth: one that is lost costs
    the time until the next element of the host.

    Yields:
      Main output: Scraped, one for each request, as they end.
      ONWARD: RequestSpec, found on these pages, for other hosts.
    """

    LOG = BagStateSpec("log", PickleCoder())
    TOKEN = ReadModifyWriteStateSpec("token", StrUtf8Coder())
    PAUSED = ReadModifyWriteStateSpec("paused_until", FloatCoder())
    TICK = TimerSpec("tick", TimeDomain.REAL_TIME)
    DRAIN = TimerSpec("drain", TimeDomain.WATERMARK)

    def __init__(self, open_desks: Callable[[], Desks], drain_secs: float) -> None:
        self._open_desks = open_desks
        self._drain_secs = drain_secs

    def setup(self) -> None:
        self._desks = self._open_desks()

    def start_bundle(self) -> None:
        self._room_secs = _ROOM_SECS
        self._patience = Patience(_PAGE_SECS)

    def process(
        self,
        element: tuple[HostKey, RequestSpec],
        log: Any = beam.DoFn.StateParam(LOG),
        token: Any = beam.DoFn.StateParam(TOKEN),
        paused: Any = beam.DoFn.StateParam(PAUSED),
        tick: Any = beam.DoFn.TimerParam(TICK),
        drain: Any = beam.DoFn.TimerParam(DRAIN),
    ) -> Iterator[Any]:
        key, spec = element
        if self._desks.stopping():
            return
        self._room_secs = self._desks.wait_for_room(self._room_secs)
        drain.set(GlobalWindow().max_timestamp())
        yield from self._look(key, _State(log, token, paused), tick, spec)

    @on_timer(TICK)
    def look(
        self,
        key: Any = beam.DoFn.KeyParam,
        log: Any = beam.DoFn.StateParam(LOG),
        token: Any = beam.DoFn.StateParam(TOKEN),
        paused: Any = beam.DoFn.StateParam(PAUSED),
        tick: Any = beam.DoFn.TimerParam(TICK),
    ) -> Iterator[Any]:
        if token.read() == _LEFT:
            return
        self._desks.desk(key).tick_at = 0.0
        yield from self._look(key, _State(log, token, paused), tick)

    @on_timer(DRAIN)
    def end(
        self,
        key: Any = beam.DoFn.KeyParam,
        log: Any = beam.DoFn.StateParam(LOG),
        token: Any = beam.DoFn.StateParam(TOKEN),
        paused: Any = beam.DoFn.StateParam(PAUSED),
        tick: Any = beam.DoFn.TimerParam(TICK),
    ) -> Iterator[Any]:
        """The source has ended: what still ends soon is waited for, the rest is left; its events come again."""
        desk, state = self._desks.desk(key), _State(log, token, paused)
        until = self._desks.drain_until(self._drain_secs)
        yield from self._look(key, state)
        while not desk.is_idle and time.monotonic() < until:
            time.sleep(_LOOK_SECS)
            yield from self._look(key, state)
        if not desk.is_idle:
            yield from _leave(desk, state, until + _GRACE_SECS)
        tick.clear()

    def _look(self, key: HostKey, state: "_State", tick: Any = None, spec: RequestSpec | None = None) -> Iterator[Any]:
        desk = self._desks.desk(key)
        with desk.lock:
            if not desk.knows(state.token.read()):
                desk.restore(state.log.read(), state.paused.read() or 0.0)
            if spec is not None:
                desk.take(spec)
                self._patience.spend(desk.wait)
            ended = _outputs(desk, state)
            now = time.time()
            if tick is not None and not desk.is_idle and not now - _LATE_SECS < desk.tick_at:
                desk.tick_at = now + desk.next_look_secs
                tick.set(desk.tick_at)
        yield from ended


@dataclasses.dataclass(frozen=True, slots=True)
class _State:
    """The state of one host."""

    log: Any
    token: Any
    paused: Any


def _outputs(desk: Desk, state: _State) -> list[Any]:
    """What has ended, and in the same bundle what is to be remembered of it."""
    ended = desk.finished()
    change = desk.change()
    if change is not None:
        if change.rewrites:
            state.log.clear()
        for jot in change.jots:
            state.log.add(jot)
        state.token.write(change.token)
        if change.paused_until:
            state.paused.write(change.paused_until)
    return [TaggedOutput(ONWARD, one) if isinstance(one, RequestSpec) else one for one in ended]


def _leave(desk: Desk, state: _State, until: float) -> list[Any]:
    """What was in flight and still ends by then; the rest is nobody's work any more."""
    with desk.lock:
        desk.stop()
        while time.monotonic() < until and not desk.has_stopped:
            time.sleep(_LOOK_SECS)
        ended = _outputs(desk, state)
        desk.discard()
        state.token.write(_LEFT)
    return ended


@dataclasses.dataclass(eq=False)
class ScrapeStream(beam.PTransform[Any, Any]):
    """PCollection[(HostKey, RequestSpec)] -> scraped: PCollection[Scraped], onward: PCollection[RequestSpec].

    Args:
      open_desks: gives the process's desks.
      drain_secs: how long what is at work may still take when the source has ended; pages in flight get 3 s more.
    """

    open_desks: Callable[[], Desks]
    drain_secs: float = _DRAIN_SECS

    def expand(self, specs: beam.PCollection[tuple[HostKey, RequestSpec]]) -> Any:
        scrape = beam.ParDo(ScrapeHostFn(self.open_desks, self.drain_secs))
        by_host = specs | keyed("ByHost", tuple[tuple[str, int], Any])
        return by_host | "Scrape" >> scrape.with_outputs(ONWARD, main="scraped")
