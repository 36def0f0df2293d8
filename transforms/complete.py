"""Closes executions: adds up what became of every request and item, publishes the files, and says how it went."""

import dataclasses
import functools
import time
from collections.abc import Callable, Iterable
from typing import Any

import apache_beam as beam

from schemas.execution import Execution
from schemas.plan import Plan
from schemas.tally import Tally
from schemas.written import Published, Written
from transforms.close_execution import close_execution
from transforms.side_by_side import SideBySideFn

__all__ = ["Complete"]

Part = Plan | Tally | Written
Parts = tuple[Plan, Tally, list[Written]]


def _gather(execution: tuple[str, Iterable[Part]]) -> Parts:
    """All that is known of one execution."""
    plan, tally, files = None, Tally(), []
    for part in execution[1]:
        if isinstance(part, Tally):
            tally.add(part)
        elif isinstance(part, Written):
            files.append(part)
        else:
            plan = part
    if plan is None:
        raise ValueError(f"execution {execution[0]} has results but was never planned: a stage lost its plan")
    return plan, tally, files


def _close(publish: Callable[[Plan, list[Written]], Published], clock: Callable[[], float], parts: Parts) -> Execution:
    plan, tally, files = parts
    return close_execution(plan, tally, files, publish(plan, files), clock())


@dataclasses.dataclass(eq=False)
class Complete(beam.PTransform[Any, Any]):
    """PCollection[(execution_id, Plan | Tally | Written)] -> PCollection[Execution].

    Args:
      publish: brings an execution's files to where they stay.
      clock: Unix seconds, for `ended_at`.
      at_once: executions that are closed side by side, where publishing means to wait for a service.
    """

    publish: Callable[[Plan, list[Written]], Published]
    clock: Callable[[], float] = time.time
    at_once: int = 1

    def expand(self, parts: beam.PCollection[tuple[str, Part]]) -> beam.PCollection[Execution]:
        close = SideBySideFn(functools.partial(_close, self.publish, self.clock), self.at_once)
        gathered = parts | "ByExecution" >> beam.GroupByKey() | "Gather" >> beam.Map(_gather)
        return gathered | "Close" >> beam.ParDo(close)
