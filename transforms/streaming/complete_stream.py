"""Closes each execution of a stream when all that belongs to it is there, or when its time is over."""

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.coders import PickleCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.transforms.window import TimestampedValue

from transforms.streaming.folded import Part
from transforms.streaming.kept import Gathered, Kept, ReadOnce
from transforms.streaming.open_execution import ENDED, Closer, OpenExecution, Pace
from transforms.streaming.patience import Patience

__all__ = ["ENDED", "Closer", "CompleteStream", "Pace"]


class CompleteStreamFn(beam.DoFn):
    """Keeps an execution's parts in state until it has ended; `OpenExecution` says what happens to them.

    Yields:
      Main output: Execution.
      ENDED: (event_key, Ended), one for each event that asked for it.
    """

    PARTS = BagStateSpec("parts", PickleCoder())
    FOLDED = ReadModifyWriteStateSpec("folded", PickleCoder())
    STANDING = ReadModifyWriteStateSpec("standing", PickleCoder())
    LOOK = TimerSpec("look", TimeDomain.REAL_TIME)
    DRAIN = TimerSpec("drain", TimeDomain.WATERMARK)
    FORGET = TimerSpec("forget", TimeDomain.WATERMARK)

    def __init__(self, open_closer: Callable[[], Closer], pace: Pace, clock: Callable[[], float]) -> None:
        self._open_closer = open_closer
        self._pace = pace
        self._clock = clock
        self._drain_until = 0.0

    def setup(self) -> None:
        self._closer = self._open_closer()

    def start_bundle(self) -> None:
        self._standings: dict[str, Any] = {}
        self._gathered: dict[str, Gathered] = {}
        self._patience = Patience(self._pace.wait_secs)

    def process(
        self,
        element: tuple[str, Part],
        window: Any = beam.DoFn.WindowParam,
        parts: Any = beam.DoFn.StateParam(PARTS),
        folded: Any = beam.DoFn.StateParam(FOLDED),
        standing: Any = beam.DoFn.StateParam(STANDING),
        look: Any = beam.DoFn.TimerParam(LOOK),
        drain: Any = beam.DoFn.TimerParam(DRAIN),
        forget: Any = beam.DoFn.TimerParam(FORGET),
    ) -> Iterator[Any]:
        execution_id, part = element
        execution = self._of(execution_id, parts, folded, standing, look, drain, forget)
        return execution.add(part, window.max_timestamp())

    @on_timer(LOOK)
    def look(
        self,
        execution_id: Any = beam.DoFn.KeyParam,
        parts: Any = beam.DoFn.StateParam(PARTS),
        folded: Any = beam.DoFn.StateParam(FOLDED),
        standing: Any = beam.DoFn.StateParam(STANDING),
        look: Any = beam.DoFn.TimerParam(LOOK),
        drain: Any = beam.DoFn.TimerParam(DRAIN),
        forget: Any = beam.DoFn.TimerParam(FORGET),
    ) -> Iterator[Any]:
        return self._of(execution_id, parts, folded, standing, look, drain, forget).look()

    @on_timer(DRAIN)
    def drain(
        self,
        execution_id: Any = beam.DoFn.KeyParam,
        parts: Any = beam.DoFn.StateParam(PARTS),
        folded: Any = beam.DoFn.StateParam(FOLDED),
        standing: Any = beam.DoFn.StateParam(STANDING),
        look: Any = beam.DoFn.TimerParam(LOOK),
        drain: Any = beam.DoFn.TimerParam(DRAIN),
        forget: Any = beam.DoFn.TimerParam(FORGET),
    ) -> Iterator[Any]:
        self._drain_until = self._drain_until or self._clock() + self._pace.drain_secs
        execution = self._of(execution_id, parts, folded, standing, look, drain, forget)
        return execution.drain(self._drain_until)

    @on_timer(FORGET)
    def forget(
        self,
        execution_id: Any = beam.DoFn.KeyParam,
        parts: Any = beam.DoFn.StateParam(PARTS),
        folded: Any = beam.DoFn.StateParam(FOLDED),
        standing: Any = beam.DoFn.StateParam(STANDING),
        look: Any = beam.DoFn.TimerParam(LOOK),
        drain: Any = beam.DoFn.TimerParam(DRAIN),
        forget: Any = beam.DoFn.TimerParam(FORGET),
    ) -> None:
        self._of(execution_id, parts, folded, standing, look, drain, forget).forget()

    def _of(self, execution_id: str, parts: Any, folded: Any, standing: Any, *timers: Any) -> OpenExecution:
        once = ReadOnce(standing, self._standings, execution_id)
        look, drain, forget = timers
        kept = Kept(parts, folded, once, look, drain, forget, self._gathered, execution_id)
        return OpenExecution(execution_id, kept, self._closer, self._pace, self._clock, self._patience)


@dataclasses.dataclass(eq=False)
class CompleteStream(beam.PTransform[Any, Any]):
    """PCollections[(execution_id, Plan | Tally | Written | Heard)] -> executions: PCollection[Execution], ENDED.

    ENDED is PCollection[(event_key, Ended)]. Each input is stamped by itself, with the stage that it comes from: behind
    a Flatten that would be a stage more. An execution ends once, whatever the order in which its parts come: when
    the ids known and the ids ended are the same, and all rows and letters that they count are written. What comes
    later is left out, but whoever asks later is told that it has ended.

    Args:
      open_closer: gives the process's closer.
      clock: Unix seconds.
    """

    open_closer: Callable[[], Closer]
    pace: Pace = dataclasses.field(default_factory=Pace)
    clock: Callable[[], float] = time.time

    def expand(self, parts: Any) -> Any:
        complete = beam.ParDo(CompleteStreamFn(self.open_closer, self.pace, self.clock))
        complete = complete.with_output_types(Any, **{ENDED: tuple[str, Any]})
        stamp = beam.Map(_stamped).with_output_types(tuple[str, Any])
        stamped = [one | f"Stamp{number}" >> stamp for number, one in enumerate(parts, 1)]
        return stamped | "Parts" >> beam.Flatten() | "Complete" >> complete.with_outputs(ENDED, main="executions")


def _stamped(element: tuple[str, Part]) -> TimestampedValue:
    """Parts come from bundles' ends, with the earliest timestamp there is: their timers would hold the watermark there
    as long as any execution is open."""
    return TimestampedValue(element, time.time())
