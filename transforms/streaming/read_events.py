"""Where events get into the streaming graph: our own reader, or the engine's."""

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import apache_beam as beam
from apache_beam.coders import PickleCoder
from apache_beam.io.iobase import RestrictionProgress, RestrictionTracker
from apache_beam.io.watermark_estimators import WalltimeWatermarkEstimator
from apache_beam.transforms.core import RestrictionProvider
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Duration, Timestamp

import transforms.coders  # noqa: F401  Arrived travels pickled
from schemas.events.arrival import Arrived

__all__ = ["ReadEvents", "ReadEventsNatively", "Reader"]

FEW_AT_ONCE, MOST_AT_ONCE = 10, 200
"""A stage works through all of a bundle before the next stage has anything: where many wait, the first are few."""
PAUSE_SECS = 0.1
"""Between two looks for events: Prism runs a core hot while a bundle is in flight, so a look does not wait there."""
WAIT_SECS = 1.0
"""Of a look where the engine makes no such pause. Beam's Flink runner (2.70) pauses for whole seconds only, and each
look leaves something in the checkpoint for ever (https://github.com/apache/beam/issues/27648)."""
_EARLY_LOOKS = 3


class Reader(Protocol):
    """Gives events; which of them have been acknowledged is between it and who settles them."""

    def read(self, most: int, wait_secs: float = 0.0) -> list[Arrived]:
        """Some events, at most so many; waits no longer than this for the first."""

    def stopping(self) -> bool:
        """Whether nothing more is to be read, for good."""

    def stop(self) -> None:
        """Gives back what was not read."""


class _OpenTracker(RestrictionTracker):
    """Of a restriction that is either open, and then it has no end, or done. To claim False is to end it for good.

    A split hands over all that is left, whatever fraction an engine asks for: the part that is kept is done.
    """

    def __init__(self, is_open: bool) -> None:
        self._is_open = is_open

    def current_restriction(self) -> bool:
        return self._is_open

    def try_claim(self, position: bool) -> bool:
        was_open, self._is_open = self._is_open, self._is_open and position
        return was_open

    def try_split(self, fraction_of_remainder: float) -> tuple[bool, bool] | None:
        if not self._is_open:
            return None
        self._is_open = False
        return False, True

    def check_done(self) -> None:
        if self._is_open:
            raise ValueError("the restriction is neither done nor handed over")

    def current_progress(self) -> RestrictionProgress:
        return RestrictionProgress(completed=0.0, remaining=1.0 if self._is_open else 0.0)

    def is_bounded(self) -> bool:
        return False


class _Open(RestrictionProvider):
    """Each reader is one restriction. A drain of the engine's own ends it, as the stop file does."""

    def initial_restriction(self, element: int) -> bool:
        return True

    def create_tracker(self, restriction: bool) -> _OpenTracker:
        return _OpenTracker(restriction)

    def restriction_size(self, element: int, restriction: bool) -> float:
        return 1.0

    def restriction_coder(self) -> PickleCoder:
        return PickleCoder()

    def truncate(self, element: int, restriction: bool) -> None:
        return None


_UNBOUNDED: Callable[[Callable[..., Any]], Callable[..., Any]] = beam.DoFn.unbounded_per_element()
_OPEN = beam.DoFn.RestrictionParam(_Open())
_WALL_TIME = beam.DoFn.WatermarkEstimatorParam(WalltimeWatermarkEstimator.default_provider())


class ReadEventsFn(beam.DoFn):
    """Reads for as long as it is let; each bundle takes what is there and hands over the rest.

    No bundle is finalized: an event is acknowledged when its executions have ended, long after.
    """

    def __init__(self, open_reader: Callable[[], Reader], clock: Callable[[], float] = time.monotonic) -> None:
        self._open_reader = open_reader
        self._clock = clock

    def setup(self) -> None:
        self._reader = self._open_reader()
        self._most = FEW_AT_ONCE
        self._next_look: dict[int, float] = {}
        self._early_looks = 0

    @_UNBOUNDED
    def process(self, number: int, tracker: Any = _OPEN, _watermark: Any = _WALL_TIME) -> Iterator[Any]:
        if self._reader.stopping():
            self._reader.stop()
            tracker.try_claim(False)
            return
        if not tracker.try_claim(True):
            return
        waits = self._waits(number)
        events = self._reader.read(self._most, WAIT_SECS if waits else 0.0)
        self._most = min(MOST_AT_ONCE, self._most * 2) if len(events) == self._most else FEW_AT_ONCE
        for event in events:
            yield TimestampedValue(event, Timestamp.now())
        pause_secs = 0.0 if events or waits else PAUSE_SECS
        self._next_look[number] = self._clock() + pause_secs
        tracker.defer_remainder(Duration(micros=int(pause_secs * 1e6)))

    def _waits(self, number: int) -> bool:
        """Whether looks have to wait by themselves: the engine has come back before the pause was half over."""
        if self._early_looks < _EARLY_LOOKS:
            is_early = self._clock() < self._next_look.get(number, 0.0) - PAUSE_SECS / 2
            self._early_looks = self._early_looks + 1 if is_early else 0
        return self._early_looks >= _EARLY_LOOKS


@dataclasses.dataclass(eq=False)
class ReadEvents(beam.PTransform[Any, Any]):
    """PBegin -> PCollection[Arrived], without end until its reader stops; then the watermark goes to the end.

    Args:
      open_reader: gives the process's one reader.
      readers: that read side by side, where the engine has several processes.
    """

    open_reader: Callable[[], Reader]
    readers: int = 1

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection[Arrived]:
        numbers = pipeline | "Impulse" >> beam.Impulse() | "Readers" >> beam.FlatMap(_numbers, self.readers)
        spread = numbers | "Spread" >> beam.Reshuffle()
        return spread | "Read" >> beam.ParDo(ReadEventsFn(self.open_reader)).with_output_types(Arrived)


def _numbers(_impulse: bytes, readers: int) -> Iterator[int]:
    yield from range(readers)


@dataclasses.dataclass(eq=False)
class ReadEventsNatively(beam.PTransform[Any, Any]):
    """PBegin -> PCollection[Arrived], by the engine's own reader (Dataflow): durable, acknowledged by it.

    Args:
      subscription: projects/P/subscriptions/S.
    """

    subscription: str

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection[Arrived]:
        read = beam.io.ReadFromPubSub(subscription=self.subscription, with_attributes=True)
        return pipeline | "Read" >> read | "ToArrived" >> beam.Map(arrived).with_output_types(Arrived)


def arrived(message: Any) -> Arrived:
    """A message of Beam's own reader; it has no handle."""
    sent = message.publish_time
    return Arrived(
        data=message.data,
        attributes=dict(message.attributes or {}),
        message_id=message.message_id or "",
        sent_at=sent.timestamp() if sent is not None else None,
    )
