"""An execution with its states, and a closer that closes when it is told to."""

import dataclasses
from typing import Any

from apache_beam.pvalue import TaggedOutput

from schemas.events.arrival import Ended
from schemas.execution import Execution
from schemas.ids import content_id
from schemas.outcome import Outcome
from schemas.plan import Plan
from schemas.tally import Tally
from schemas.written import Published, Written
from tests.transforms.streaming.states import Bag, Clock, Timer, Value
from transforms.close_execution import close_execution
from transforms.streaming.folded import Part
from transforms.streaming.kept import Kept
from transforms.streaming.open_execution import ENDED, OpenExecution, Pace

EXECUTION = content_id("execution")
PLAN = Plan(EXECUTION, "event-1", "shop", 1, 100.0)
PACE = Pace(deadline_secs=100.0, grace_secs=10.0, drain_secs=5.0, forget_secs=1000.0)
END_OF_INPUT = "the end of the input"


SPEC = content_id("spec")


def planned(*ids: str) -> Tally:
    """What the gate makes known with the plan."""
    tally = Tally()
    tally.know(ids)
    tally.end_ids([PLAN.planned_id])
    return tally


def ended(*outcomes: Outcome, rows: int = 0) -> Tally:
    tally = Tally()
    for outcome in outcomes:
        tally.end(outcome)
    tally.counts.update(rows=rows, items=rows)
    return tally


def outcome_of(name: str, *spawned: str, end: str = "pages", is_spec: bool = False) -> Outcome:
    reason = "timeout" if end == "dead" else ""
    return Outcome(EXECUTION, "shop", name, end, reason, spawned, is_spec=is_spec)  # type: ignore[arg-type]


def rows_of(records: int) -> Written:
    return Written("rows", "shop.products", "temporary", "final", records)


class HandCloser:
    """Closes when `is_done`.

    Attributes:
      begun: how often it was asked to begin.
      dropped: files that came too late.
    """

    def __init__(self, is_done: bool = True) -> None:
        self.is_done = is_done
        self.begun = 0
        self.dropped: list[Written] = []
        self._works: dict[str, Execution] = {}

    def close(self, plan: Plan, tally: Tally, files: list[Written]) -> None:
        self.begun += 1
        self._works[plan.execution_id] = close_execution(plan, tally, files, Published(), 200.0)

    def is_at_work(self, execution_id: str) -> bool:
        return execution_id in self._works

    def take(self, execution_id: str, wait_secs: float = 0.0) -> Execution | None:
        return self._works.pop(execution_id, None) if self.is_done else None

    def drop(self, file: Written) -> None:
        self.dropped.append(file)


@dataclasses.dataclass(slots=True)
class Stream:
    """One execution of a stream.

    Attributes:
      executions, told: what has come out: the executions, and the events that were told.
    """

    closer: HandCloser = dataclasses.field(default_factory=HandCloser)
    clock: Clock = dataclasses.field(default_factory=Clock)
    executions: list[Execution] = dataclasses.field(default_factory=list)
    told: list[str] = dataclasses.field(default_factory=list)
    kept: Kept = dataclasses.field(default_factory=lambda: Kept(Bag(), Value(), Value(), Timer(), Timer(), Timer()))

    def _of(self) -> OpenExecution:
        return OpenExecution(EXECUTION, self.kept, self.closer, PACE, self.clock)

    def _out(self, outputs: Any) -> None:
        for one in outputs:
            if isinstance(one, TaggedOutput):
                assert one.tag == ENDED
                assert one.value[1] == Ended(EXECUTION)
                self.told.append(one.value[0])
            else:
                self.executions.append(one)

    def add(self, *parts: Part) -> None:
        """They come, in one bundle."""
        self.kept.gathered.clear()
        for part in parts:
            self._out(self._of().add(part, END_OF_INPUT))

    def look(self) -> None:
        """The timer fires, when it is set at all."""
        if self.kept.look.at is not None:
            self.clock.now = max(self.clock.now, self.kept.look.at)
            self.look_now()

    def look_now(self) -> None:
        """It fires as if it had been set for now; not when it is not set at all."""
        if self.kept.look.at is not None:
            self.kept.gathered.clear()
            self.kept.look.at = None
            self._out(self._of().look())

    def end(self) -> None:
        """Looks until it has ended."""
        while not self.executions:
            assert self.kept.look.at is not None
            self.look()

    def drain(self) -> None:
        assert self.kept.drain.at == END_OF_INPUT
        self.kept.gathered.clear()
        self._out(self._of().drain(self.clock.now + PACE.drain_secs))

    def forget(self) -> None:
        self._of().forget()
