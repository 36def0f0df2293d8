"""Tells of each replayed letter what became of it, when its execution has been closed."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import apache_beam as beam

__all__ = ["LinkReplays"]


@dataclasses.dataclass(eq=False)
class LinkReplays(beam.PTransform[Any, Any]):
    """(scraped: PCollection[Scraped], ..., executions: PCollection[Execution]) -> PCollection[None].

    Args:
      ended: what is to be known of a request's end, keyed by execution; nothing for requests that no letter asked for.
      link: takes (execution_id, {"ended": ..., "closed": its Execution}).
    """

    ended: Callable[[Any], Iterator[tuple[str, Any]]]
    link: Callable[[tuple[str, dict[str, Iterable[Any]]]], None]

    def expand(self, parts: Any) -> Any:
        *scraped, executions = parts
        ended = [pages | f"Ended{number}" >> beam.FlatMap(self.ended) for number, pages in enumerate(scraped)]
        closed = executions | "KeyClosed" >> beam.Map(lambda execution: (execution.execution_id, execution))
        parted = {"ended": ended | "Ended" >> beam.Flatten(), "closed": closed}
        return parted | "WithTheirEnds" >> beam.CoGroupByKey() | "Link" >> beam.Map(self.link)
