"""Writes rows and letters to files that appear under their names only when their execution closes."""

import dataclasses
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Protocol

import apache_beam as beam
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue

from schemas.written import Written

__all__ = ["FileWriter", "WriteFiles"]


class FileWriter(Protocol):
    """One file under construction."""

    def add(self, record: Any) -> None:
        """Takes a record (or a page's rows); may keep it in memory for a bounded time."""

    def close(self) -> tuple[str, Written]:
        """Ends the file: (execution_id, what was written)."""


class WriteFilesFn(beam.DoFn):
    """Keeps one file open for each group of the bundle.

    Yields:
      Main output: (execution_id, Written), one for each file.
    """

    def __init__(self, group: Callable[[Any], Hashable], open_writer: Callable[[Any], FileWriter]) -> None:
        self._group = group
        self._open_writer = open_writer

    def start_bundle(self) -> None:
        self._writers: dict[Hashable, FileWriter] = {}

    def process(self, record: Any) -> None:
        group = self._group(record)
        writer = self._writers.get(group)
        if writer is None:
            writer = self._writers[group] = self._open_writer(record)
        writer.add(record)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        for writer in self._writers.values():
            yield WindowedValue(writer.close(), MIN_TIMESTAMP, (GlobalWindow(),))


@dataclasses.dataclass(eq=False)
class WriteFiles(beam.PTransform[Any, Any]):
    """PCollection[record] -> PCollection[(execution_id, Written)].

    Args:
      group: record -> what has a file of its own (execution, table and date).
      open_writer: opens the file of a group, given its first record.
    """

    group: Callable[[Any], Hashable]
    open_writer: Callable[[Any], FileWriter]

    def expand(self, records: beam.PCollection[Any]) -> beam.PCollection[tuple[str, Written]]:
        return records | "Write" >> beam.ParDo(WriteFilesFn(self.group, self.open_writer))
