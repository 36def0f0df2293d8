"""Lets elements through when their time has come, as a stage does that works outside of bundles."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.coders import PickleCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, TimerSpec, on_timer

__all__ = ["Delay", "When", "after", "once_noted"]

When = Callable[[], bool]
_PATIENCE_SECS = 60.0


def after(at: float) -> bool:
    """Whether it is so late, in Unix seconds."""
    return time.time() >= at


def once_noted(notes: Path, texts: list[str], began_at: float) -> bool:
    """Whether each of these stands in a file, on a line of its own; or nobody should wait any longer."""
    if time.time() > began_at + _PATIENCE_SECS:
        return True
    return notes.exists() and set(texts) <= set(notes.read_text().splitlines())


class DelayFn(beam.DoFn):  # type: ignore[misc]
    HELD = BagStateSpec("held", PickleCoder())
    TICK = TimerSpec("tick", TimeDomain.REAL_TIME)

    def process(
        self,
        element: tuple[str, tuple[When, Any]],
        held: Any = beam.DoFn.StateParam(HELD),
        tick: Any = beam.DoFn.TimerParam(TICK),
    ) -> None:
        held.add(element[1])
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
        for when, value in waiting:
            if when():
                yield key, value
            else:
                held.add((when, value))
                tick.set(time.time() + 0.05)


class Delay(beam.PTransform[Any, Any]):  # type: ignore[misc]
    """PCollection[(key, (When, value))] -> PCollection[(key, value)]."""

    def expand(self, elements: Any) -> Any:
        keyed = elements | "Key" >> beam.Map(lambda one: one).with_output_types(tuple[str, Any])
        return keyed | "Hold" >> beam.ParDo(DelayFn()).with_output_types(tuple[str, Any])
