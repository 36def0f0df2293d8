"""Acknowledges an event when all that it asked for has ended."""

import dataclasses
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.coders import PickleCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, TimerSpec, on_timer
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue

from schemas.events.arrival import Ended, Receipt
from transforms.streaming.gate import FORGET_SECS
from transforms.streaming.keyed import keyed

__all__ = ["Acknowledge", "Settle", "handles_to_acknowledge"]

_LOG = logging.getLogger(__name__)

_SETTLED = "settled"
"""Stands in the place of all parts of an event that has been acknowledged."""

Acknowledge = Callable[[list[str]], None]


def handles_to_acknowledge(parts: Iterable[Receipt | Ended]) -> list[str] | None:
    """Handles of all deliveries of an event; None: something that it asked for has not ended.

    A delivery names what had not ended when it came: when all that one names has ended, so has all that others name.

    >>> handles_to_acknowledge([Receipt("a", ("x", "y")), Ended("x")])
    >>> handles_to_acknowledge([Ended("x"), Receipt("a", ("x", "y")), Receipt("b", ("y",)), Ended("y")])
    ['a', 'b']
    """
    known = list(parts)
    ended = {part.execution_id for part in known if isinstance(part, Ended)}
    receipts = [part for part in known if isinstance(part, Receipt)]
    if not any(ended.issuperset(receipt.executions) for receipt in receipts):
        return None
    return [receipt.handle for receipt in receipts if receipt.handle]


class SettleFn(beam.DoFn):
    """Keeps deliveries and ends in state; acknowledges all of a bundle together.

    Yields:
      Main output: keys of events that were acknowledged, each time that they were.
    """

    PARTS = BagStateSpec("parts", PickleCoder())
    FORGET = TimerSpec("forget", TimeDomain.WATERMARK)

    def __init__(
        self, open_acknowledge: Callable[[], Acknowledge], forget_secs: float, clock: Callable[[], float]
    ) -> None:
        self._open_acknowledge = open_acknowledge
        self._forget_secs = forget_secs
        self._clock = clock

    def setup(self) -> None:
        self._acknowledge = self._open_acknowledge()

    def start_bundle(self) -> None:
        self._handles: dict[str, list[str]] = {}

    def process(
        self,
        element: tuple[str, Receipt | Ended],
        parts: Any = beam.DoFn.StateParam(PARTS),
        forget: Any = beam.DoFn.TimerParam(FORGET),
    ) -> None:
        event_key, part = element
        forget.set(self._clock() + self._forget_secs)
        known = list(parts.read())
        if _SETTLED in known:
            if isinstance(part, Receipt) and part.handle:
                self._handles.setdefault(event_key, []).append(part.handle)
            return
        found = handles_to_acknowledge([*known, part])
        if found is None:
            parts.add(part)
            return
        parts.clear()
        parts.add(_SETTLED)
        self._handles.setdefault(event_key, []).extend(found)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        handles = [handle for some in self._handles.values() for handle in some]
        try:
            if handles:
                self._acknowledge(handles)
        except Exception as error:  # noqa: BLE001  whatever the transport raises: the event comes again
            _LOG.warning("%d events were not acknowledged, they will come again: %s", len(self._handles), error)
            return
        for event_key in self._handles:
            yield WindowedValue(event_key, MIN_TIMESTAMP, (GlobalWindow(),))

    @on_timer(FORGET)
    def forget(self, at: Any = beam.DoFn.TimestampParam, parts: Any = beam.DoFn.StateParam(PARTS)) -> None:
        """Forgets an event, unless the watermark only runs ahead of the clock because the input has ended."""
        if self._clock() >= float(at):
            parts.clear()


@dataclasses.dataclass(eq=False)
class Settle(beam.PTransform[Any, Any]):
    """PCollections[(event_key, Receipt | Ended)] -> PCollection[event_key], acknowledged.

    Deliveries and ends come in any order, and again.

    Args:
      open_acknowledge: gives what acknowledges deliveries by their handles; what it raises is logged and no loss, for
        the event comes again and is then acknowledged.
      forget_secs: of silence, after which an event is not known any more.
      clock: Unix seconds.
    """

    open_acknowledge: Callable[[], Acknowledge]
    forget_secs: float = FORGET_SECS
    clock: Callable[[], float] = time.time

    def expand(self, parts: Any) -> beam.PCollection[str]:
        settle = beam.ParDo(SettleFn(self.open_acknowledge, self.forget_secs, self.clock))
        by_event = [one | keyed(f"ByEvent{number}", tuple[str, Any]) for number, one in enumerate(parts, 1)]
        return by_event | "Receipts" >> beam.Flatten() | "Settle" >> settle.with_output_types(str)
