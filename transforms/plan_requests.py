"""Turns the plans of a run into small specs of what each host is to be asked."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput

from schemas.plan import Plan
from schemas.request import RequestSpec
from schemas.tally import Tally
from transforms.scrape_batch import HostKey
from transforms.tags import PLANNED, TALLIES

__all__ = ["PlanRequests"]

Planned = Iterable[tuple[Plan, Iterable[tuple[HostKey, RequestSpec]]]]


class PlanFn(beam.DoFn):
    """Opens the plans of a run.

    Yields:
      Main output: (HostKey, RequestSpec).
      PLANNED: (execution_id, Plan), one for each source, even for one that asks for nothing.
      TALLIES: (execution_id, Tally) of the specs that must end.
    """

    def __init__(self, read_plans: Callable[[str], Planned]) -> None:
        self._read_plans = read_plans

    def process(self, run: str) -> Iterator[Any]:
        for plan, specs in self._read_plans(run):
            tally = Tally()
            for key, spec in () if plan.out_because else specs:
                tally.know([spec.spec_id])
                yield key, spec
            yield TaggedOutput(TALLIES, (plan.execution_id, tally))
            yield TaggedOutput(PLANNED, (plan.execution_id, plan))


@dataclasses.dataclass(eq=False)
class PlanRequests(beam.PTransform[Any, Any]):
    """PCollection[str] (runs) -> specs: PCollection[(HostKey, RequestSpec)], planned, tallies.

    `planned` is PCollection[(execution_id, Plan)], `tallies` PCollection[(execution_id, Tally)].

    The plans are read on the worker: a graph with a hundred sources is the graph with one.

    Args:
      read_plans: a run -> its plans, each with its specs by host key.
    """

    read_plans: Callable[[str], Planned]

    def expand(self, runs: beam.PCollection[str]) -> Any:
        plan = beam.ParDo(PlanFn(self.read_plans))
        return runs | "Plan" >> plan.with_outputs(PLANNED, TALLIES, main="specs")
