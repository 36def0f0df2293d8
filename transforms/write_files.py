"""Writes rows and letters to files that appear under their names only when their execution closes."""

import dataclasses
import threading
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Protocol

import apache_beam as beam
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue

from schemas.written import Written

__all__ = ["FileWriter", "WriteFiles"]

LOOK_SECS = 1.0
"""How often files are asked whether something has waited in memory too long."""


class FileWriter(Protocol):
    """One file under construction."""

    def add(self, record: Any) -> None:
        """Takes a record (or a page's rows); may keep it in memory for a bounded time."""

    def flush_old(self) -> None:
        """Writes what has been kept in memory for that time."""

    def close(self) -> tuple[str, Written]:
        """Ends the file: (execution_id, what was written)."""


class OpenFiles:
    """The files of one bundle. A thread looks after those to which nothing comes any more, as from a slow host.

    It begins with the first file: in a stream most bundles have none, and there are many a second.
    """

    def __init__(self) -> None:
        self._writers: dict[Hashable, FileWriter] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._error: Exception | None = None

    def add(self, group: Hashable, record: Any, open_writer: Callable[[Any], FileWriter]) -> None:
        """Adds a record to the file of its group."""
        with self._lock:
            self._check()
            writer = self._writers.get(group)
            if writer is None:
                writer = open_writer(record)
                if not self._writers:
                    threading.Thread(target=self._look_after, daemon=True, name="flush").start()
                self._writers[group] = writer
            writer.add(record)

    def close(self) -> list[tuple[str, Written]]:
        """Ends all of them."""
        self.abandon()
        with self._lock:
            self._check()
            return [writer.close() for writer in self._writers.values()]

    def abandon(self) -> None:
        """Ends the looking after; twice is fine."""
        self._ended.set()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _look_after(self) -> None:
        while not self._ended.wait(LOOK_SECS):
            with self._lock:
                try:
                    for writer in self._writers.values():
                        writer.flush_old()
                except Exception as error:  # noqa: BLE001  raised again where Beam sees it
                    self._error = error
                    return


class WriteFilesFn(beam.DoFn):
    """Keeps one file open for each group of the bundle.

    Yields:
      Main output: (execution_id, Written), one for each file.
    """

    def __init__(self, group: Callable[[Any], Hashable], open_writer: Callable[[Any], FileWriter]) -> None:
        self._group = group
        self._open_writer = open_writer
        self._files: OpenFiles | None = None

    def start_bundle(self) -> None:
        self.teardown()
        self._files = OpenFiles()

    def process(self, record: Any) -> None:
        assert self._files is not None
        self._files.add(self._group(record), record, self._open_writer)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        assert self._files is not None
        for written in self._files.close():
            yield WindowedValue(written, MIN_TIMESTAMP, (GlobalWindow(),))

    def teardown(self) -> None:
        """Of a bundle that failed, the files stay as they are."""
        if self._files is not None:
            self._files.abandon()


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
        write = beam.ParDo(WriteFilesFn(self.group, self.open_writer)).with_output_types(tuple[str, Any])
        return records | "Write" >> write
