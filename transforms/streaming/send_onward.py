"""Sends requests for other hosts on their way: they come back as events, to whichever worker asks those hosts."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import apache_beam as beam
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import Timestamp
from apache_beam.utils.windowed_value import WindowedValue

import transforms.coders  # noqa: F401  Scraped travels pickled
from schemas.outcome import Scraped
from schemas.request import RequestSpec

__all__ = ["Onward", "SendOnward"]

MOST_WAITING = 500


class Onward(Protocol):
    """Publishes requests."""

    def send(self, specs: Sequence[RequestSpec]) -> list[Scraped]:
        """Waits until they are published; gives what is to be told of them: letters of those that could not be."""


class SendOnwardFn(beam.DoFn):
    """Sends the specs of a bundle together, and ends when they are published: a bundle that is lost sends them again.

    Yields:
      Scraped: what became of specs that did not leave as they were.
    """

    def __init__(self, open_onward: Callable[[], Onward]) -> None:
        self._open_onward = open_onward

    def setup(self) -> None:
        self._onward = self._open_onward()

    def start_bundle(self) -> None:
        self._waiting: list[RequestSpec] = []

    def process(self, spec: RequestSpec) -> Iterator[Scraped]:
        self._waiting.append(spec)
        if len(self._waiting) >= MOST_WAITING:
            yield from self._send()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        for scraped in self._send():
            yield WindowedValue(scraped, Timestamp.now(), [GlobalWindow()])

    def _send(self) -> list[Scraped]:
        specs, self._waiting = self._waiting, []
        return self._onward.send(specs) if specs else []


@dataclasses.dataclass(eq=False)
class SendOnward(beam.PTransform[Any, Any]):
    """PCollection[RequestSpec] -> PCollection[Scraped], letters of requests that could not be sent.

    Args:
      open_onward: gives the process's one publisher.
    """

    open_onward: Callable[[], Onward]

    def expand(self, specs: beam.PCollection[RequestSpec]) -> beam.PCollection[Scraped]:
        return specs | "Send" >> beam.ParDo(SendOnwardFn(self.open_onward)).with_output_types(Scraped)
