"""Turns the plans of a run into the files that it has to read."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput

from schemas.events.arrival import RawOutput
from schemas.plan import Plan
from schemas.tally import Tally
from transforms.tags import PLANNED, TALLIES

__all__ = ["PlanRaw"]

Asked = Iterable[tuple[Plan, RawOutput | None]]


class PlanRawFn(beam.DoFn):
    """Opens the plans of a run.

    Yields:
      Main output: RawOutput.
      PLANNED: (execution_id, Plan), one for each execution, even for one that has nothing to read.
      TALLIES: (execution_id, Tally) of the files that must be read to their end.
    """

    def __init__(self, read_plans: Callable[[str], Asked]) -> None:
        self._read_plans = read_plans

    def process(self, run: str) -> Iterator[Any]:
        for plan, raw in self._read_plans(run):
            if raw is not None:
                tally = Tally()
                tally.know([raw.raw_id])
                yield TaggedOutput(TALLIES, (plan.execution_id, tally))
                yield raw
            yield TaggedOutput(PLANNED, (plan.execution_id, plan))


@dataclasses.dataclass(eq=False)
class PlanRaw(beam.PTransform[Any, Any]):
    """PCollection[str] (runs) -> raw: PCollection[RawOutput], planned, tallies.

    `planned` is PCollection[(execution_id, Plan)], `tallies` PCollection[(execution_id, Tally)].

    Args:
      read_plans: a run -> its plans, each with what it reads; None: there is nothing.
    """

    read_plans: Callable[[str], Asked]

    def expand(self, runs: beam.PCollection[str]) -> Any:
        plan = beam.ParDo(PlanRawFn(self.read_plans))
        return runs | "PlanRaw" >> plan.with_outputs(PLANNED, TALLIES, main="raw")
