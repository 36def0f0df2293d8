"""Calls a function that mostly waits (for a service) for many elements at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import apache_beam as beam
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue

__all__ = ["SideBySideFn"]


class SideBySideFn(beam.DoFn):
    """Maps elements of a batch, each in a thread of its own.

    Yields:
      Main output: what the function returned, in the order of the elements.

    Args:
      function: one element -> one element.
      at_once: how many at a time; 1: in Beam's own thread, one after the other.
    """

    def __init__(self, function: Callable[[Any], Any], at_once: int = 1) -> None:
        self._function = function
        self._at_once = at_once
        self._threads: ThreadPoolExecutor | None = None
        self._begun: list[Future[Any]] = []

    def start_bundle(self) -> None:
        self.teardown()
        if self._at_once > 1:
            self._threads = ThreadPoolExecutor(self._at_once, thread_name_prefix="side-by-side")

    def process(self, element: Any) -> Iterator[Any]:
        if self._threads is None:
            yield self._function(element)
            return
        self._begun.append(self._threads.submit(self._function, element))
        if len(self._begun) > 2 * self._at_once:  # no more elements wait in memory
            yield self._begun.pop(0).result()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        for begun in self._begun:
            yield WindowedValue(begun.result(), MIN_TIMESTAMP, (GlobalWindow(),))
        self.teardown()

    def teardown(self) -> None:
        """Waits for what a bundle that failed had begun: nothing goes on behind the back of its retry."""
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        self._threads, self._begun = None, []
