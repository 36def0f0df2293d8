"""Lets through what has not come before, and makes known what passes."""

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import apache_beam as beam
import numpy as np
from apache_beam.coders import BytesCoder, FloatCoder
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, ReadModifyWriteStateSpec, TimerSpec, on_timer

from schemas.events.arrival import Asked, Heard, RawOutput
from schemas.ids import content_id
from schemas.plan import Plan
from schemas.request import RequestSpec
from schemas.tally import Tally
from transforms.streaming.keyed import keyed

__all__ = ["FORGET_SECS", "PARTS", "RAW", "Gate", "Passed", "Passing", "let_pass"]

PARTS = "parts"
RAW = "raw"
FORGET_SECS = 86_400.0
"""How long ids are remembered after the last of an execution came: a transport delivers again within minutes."""

HostKey = tuple[str, int]


class Passed:
    """Ids that have passed, of one execution: the first 8 bytes of each.

    Attributes:
      fresh: those that are not yet in state, concatenated.
    """

    def __init__(self, kept: Iterable[bytes] = ()) -> None:
        self._numbers: set[int] = set(np.frombuffer(b"".join(kept), "<u8").tolist())
        self.fresh = bytearray()

    def __bool__(self) -> bool:
        """Whether anything has passed."""
        return bool(self._numbers)

    def is_new(self, one: str) -> bool:
        """Whether an id has not passed before; it now has."""
        taken = bytes.fromhex(one[:16])
        number = int.from_bytes(taken, "little")
        if number in self._numbers:
            return False
        self._numbers.add(number)
        self.fresh += taken
        return True


@dataclasses.dataclass(slots=True)
class Passing:
    """What passes of one Asked."""

    parts: list[Heard | Plan | Tally] = dataclasses.field(default_factory=list)
    specs: list[tuple[HostKey, RequestSpec]] = dataclasses.field(default_factory=list)
    raw: RawOutput | None = None


def let_pass(asked: Asked, passed: Passed, deadline_at: float | None) -> Passing:
    """What passes of what an event asks: nothing but that it was heard, when the event has passed before.

    Args:
      passed: is added to.
      deadline_at: of the execution's plan, which has passed; None: no plan has.
    """
    passing = Passing([Heard(asked.event_key)])
    if not passed.is_new(content_id("event", asked.event_key)):
        return passing
    tally = Tally()
    plan = asked.plan if deadline_at is None else None
    if plan is not None:
        passing.parts.append(plan)
        tally.end_ids([plan.planned_id])
        deadline_at = plan.deadline_at
    if asked.plan is None or not asked.plan.out_because:
        for key, spec in asked.specs:
            if (fresh := _fresh(spec, passed, tally)) is not None:
                passing.specs.append((key, _due(fresh, deadline_at or 0.0)))
        if asked.raw is not None and passed.is_new(asked.raw.raw_id):
            tally.know([asked.raw.raw_id])
            passing.raw = asked.raw
    if tally.known or tally.ended:
        passing.parts.append(tally)
    return passing


def _fresh(spec: RequestSpec, passed: Passed, tally: Tally) -> RequestSpec | None:
    """The spec, or one of those of its requests that are new; None for none.

    A spec that goes on as another one ends here: whoever announced it waits for that.
    """
    if not passed.is_new(spec.spec_id):
        return None
    tally.know([spec.spec_id])
    requests = tuple(request for request in spec.requests if passed.is_new(request.request_id))
    if len(requests) == len(spec.requests):
        return spec
    tally.end_ids([spec.spec_id])
    if not requests:
        return None
    rest = dataclasses.replace(spec, requests=requests)
    passed.is_new(rest.spec_id)
    tally.know([rest.spec_id])
    return rest


def _due(spec: RequestSpec, deadline_at: float) -> RequestSpec:
    return spec if spec.deadline_at or not deadline_at else dataclasses.replace(spec, deadline_at=deadline_at)


class GateFn(beam.DoFn):
    """Keeps the ids that have passed in state.

    The timer that forgets them is one of the watermark, which follows the clock: one of real time would hold the
    watermark of all that comes after for as long as it waits, and the end of the job.

    Yields:
      Main output: (HostKey, RequestSpec).
      RAW: RawOutput.
      PARTS: (execution_id, Heard | Plan | Tally).
    """

    IDS = BagStateSpec("ids", BytesCoder())
    DEADLINE = ReadModifyWriteStateSpec("deadline", FloatCoder())
    FORGET = TimerSpec("forget", TimeDomain.WATERMARK)

    def __init__(self, forget_secs: float = FORGET_SECS, clock: Callable[[], float] = time.time) -> None:
        self._forget_secs = forget_secs
        self._clock = clock

    def process(
        self,
        element: tuple[str, Asked],
        ids: Any = beam.DoFn.StateParam(IDS),
        deadline: Any = beam.DoFn.StateParam(DEADLINE),
        forget: Any = beam.DoFn.TimerParam(FORGET),
    ) -> Iterator[Any]:
        execution_id, asked = element
        passed = Passed(ids.read())
        passing = let_pass(asked, passed, deadline.read() if passed else None)
        if passed.fresh:
            ids.add(bytes(passed.fresh))
        forget.set(self._clock() + self._forget_secs)
        for part in passing.parts:
            if isinstance(part, Plan):
                deadline.write(part.deadline_at)
            yield TaggedOutput(PARTS, (execution_id, part))
        yield from passing.specs
        if passing.raw is not None:
            yield TaggedOutput(RAW, passing.raw)

    @on_timer(FORGET)
    def forget(
        self,
        at: Any = beam.DoFn.TimestampParam,
        ids: Any = beam.DoFn.StateParam(IDS),
        deadline: Any = beam.DoFn.StateParam(DEADLINE),
    ) -> None:
        """Forgets an execution, unless the watermark only runs ahead of the clock because the input has ended."""
        if self._clock() >= float(at):
            ids.clear()
            deadline.clear()


@dataclasses.dataclass(eq=False)
class Gate(beam.PTransform[Any, Any]):
    """PCollection[(execution_id, Asked)] -> specs: PCollection[(HostKey, RequestSpec)], RAW, PARTS.

    RAW is PCollection[RawOutput], PARTS is PCollection[(execution_id, Heard | Plan | Tally)]. Events that were
    delivered, or published, twice do nothing twice; each request of an execution passes once, in whatever event it
    comes.

    Args:
      forget_secs: of silence, after which an execution may be asked for anew.
      clock: Unix seconds.
    """

    forget_secs: float = FORGET_SECS
    clock: Callable[[], float] = time.time

    def expand(self, asked: beam.PCollection[tuple[str, Asked]]) -> Any:
        gate = beam.ParDo(GateFn(self.forget_secs, self.clock))
        gate = gate.with_output_types(tuple[HostKey, Any], **{PARTS: tuple[str, Any], RAW: Any})
        by_execution = asked | keyed("ByExecution", tuple[str, Any])
        return by_execution | "Gate" >> gate.with_outputs(PARTS, RAW, main="specs")
