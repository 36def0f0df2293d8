"""Fetches and parses the requests of many hosts, each host under one owner."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue

from schemas.outcome import Scraped
from schemas.request import RequestSpec
from transforms.tags import ONWARD

__all__ = ["Fetcher", "HostKey", "ScrapeBatch", "Visit"]

HostKey = tuple[str, int]


class Visit(Protocol):
    """What one bundle asks of the process's fetcher."""

    def admit(self, key: HostKey, specs: Iterable[RequestSpec]) -> None:
        """Hands in the work of one host; waits only while the process is busy with too many."""

    def finished(self) -> list[Scraped | RequestSpec]:
        """What has ended since the last call; a RequestSpec is work found for another host."""

    def drain(self) -> Iterator[Scraped | RequestSpec]:
        """The rest, as it ends."""

    def abandon(self) -> None:
        """Gives up what has not ended; nobody will take it."""


class Fetcher(Protocol):
    """The process's one fetcher, shared by all bundles."""

    def visit(self, *, onward: bool = True) -> Visit:
        """Opens a visit. Without `onward`, requests for other hosts end as letters `rounds_exceeded`."""


class ScrapeHostsFn(beam.DoFn):
    """Scrapes the requests of many hosts together, each host in its own order and pace.

    Yields:
      Main output: Scraped, one for each request, as they end.
      ONWARD: RequestSpec, found on these pages, for other hosts.
    """

    def __init__(self, open_fetcher: Callable[[], Fetcher], onward: bool) -> None:
        self._open_fetcher = open_fetcher
        self._onward = onward

    def setup(self) -> None:
        self._fetcher = self._open_fetcher()
        self._is_open = False

    def start_bundle(self) -> None:
        if self._is_open:
            self._visit.abandon()  # the bundle before failed half-way: its hosts must not keep their places
        self._visit: Visit = self._fetcher.visit(onward=self._onward)
        self._is_open = True

    def process(self, host: tuple[HostKey, Iterable[RequestSpec]]) -> Iterator[Any]:
        self._visit.admit(*host)
        for ended in self._visit.finished():
            yield TaggedOutput(ONWARD, ended) if isinstance(ended, RequestSpec) else ended

    def finish_bundle(self) -> Iterator[WindowedValue | TaggedOutput]:
        for ended in self._visit.drain():
            value = WindowedValue(ended, MIN_TIMESTAMP, (GlobalWindow(),))
            yield TaggedOutput(ONWARD, value) if isinstance(ended, RequestSpec) else value
        self._is_open = False


@dataclasses.dataclass(eq=False)
class ScrapeBatch(beam.PTransform[Any, Any]):
    """PCollection[(HostKey, RequestSpec)] -> scraped: PCollection[Scraped], onward: PCollection[RequestSpec].

    Nothing may stand between the grouping and the fetch that moves elements to another worker: the grouping is what
    makes one worker the owner of a host.

    Args:
      open_fetcher: gives the process's one fetcher.
      onward: whether requests for other hosts go on to another round; in the last round they become letters.
    """

    open_fetcher: Callable[[], Fetcher]
    onward: bool = True

    def expand(self, specs: beam.PCollection[tuple[HostKey, RequestSpec]]) -> Any:
        scrape = beam.ParDo(ScrapeHostsFn(self.open_fetcher, self.onward))
        return specs | "GroupByHost" >> beam.GroupByKey() | "Scrape" >> scrape.with_outputs(ONWARD, main="scraped")
