"""Lets elements through after a while, as a stage does that works outside of bundles."""

import time
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.coders import PickleCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, TimerSpec, on_timer

__all__ = ["Delay"]


class DelayFn(beam.DoFn):  # type: ignore[misc]
    HELD = BagStateSpec("held", PickleCoder())
    TICK = TimerSpec("tick", TimeDomain.REAL_TIME)

    def process(
        self,
        element: tuple[str, tuple[float, Any]],
        held: Any = beam.DoFn.StateParam(HELD),
        tick: Any = beam.DoFn.TimerParam(TICK),
    ) -> None:
        _, (secs, value) = element
        held.add((time.time() + secs, value))
        tick.set(time.time() + 0.05)

    @on_timer(TICK)  # type: ignore[untyped-decorator]
    def tick(
        self,
        key: Any = beam.DoFn.KeyParam,
        held: Any = beam.DoFn.StateParam(HELD),
        tick: Any = beam.DoFn.TimerParam(TICK),
    ) -> Iterator[tuple[str, Any]]:
        waiting = list(held.read())
        held.clear()
        for at, value in waiting:
            if at <= time.time():
                yield key, value
            else:
                held.add((at, value))
                tick.set(time.time() + 0.05)


class Delay(beam.PTransform[Any, Any]):  # type: ignore[misc]
    """PCollection[(key, (seconds, value))] -> PCollection[(key, value)]."""

    def expand(self, elements: Any) -> Any:
        keyed = elements | "Key" >> beam.Map(lambda one: one).with_output_types(tuple[str, Any])
        return keyed | "Hold" >> beam.ParDo(DelayFn()).with_output_types(tuple[str, Any])
