"""Writes rows to their tables while a pipeline runs, and says which are there and which were refused.

Rows that are written at once are not taken back, unlike files, which wait for the end of their execution. So a row may
be there twice: when two pages of an execution show the same (files are published without such), when a bundle is tried
again, when a run is resumed. An answer that is lost doubles nothing: the Storage Write API knows rows by their offset,
inserts know them by their insertId for about a minute. `<table>_latest` shows one row of each row_key in any case, the
newest, and is what should be read. What an execution counts is what was confirmed, each row once.
"""

import dataclasses
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput
from apache_beam.utils.windowed_value import WindowedValue

from schemas.bigquery import TableSpec
from schemas.dead_letter import DeadLetter
from schemas.plan import Plan
from schemas.reasons import Dead
from schemas.row import coverage
from schemas.row_batch import RowBatch
from schemas.table import Table
from schemas.tally import Tally
from schemas.warehouse import Warehouse
from schemas.written import Published, Written
from transforms.bigquery.inserts import Refused
from transforms.bigquery.publish import Target, publish_execution_to
from transforms.bigquery.refused_rows import refused_letter
from transforms.bigquery.retries import Retries
from transforms.bigquery.row_writers import DEFAULT_METHOD, Method, RowWriter, open_writer
from transforms.bigquery.waiting_rows import Arrived, WaitingRows
from transforms.output_layout import OutputLayout
from transforms.tags import DEAD_LETTERS, TALLIES

__all__ = ["InsertRows", "publish_the_rest"]


def publish_the_rest(target: Target, layout: OutputLayout, plan: Plan, written: list[Written]) -> Published:
    """Publishes an execution's letters; its rows are in their tables, and what stands there of it is not replaced."""
    without_rows = dataclasses.replace(target, tables=_no_tables)
    return publish_execution_to(without_rows, layout, plan, [one for one in written if one.kind != "rows"])


def _no_tables(_source: str) -> dict[str, TableSpec]:
    return {}


class Results:
    """What became of the rows of one bundle; threads that write them add to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._written: dict[tuple[str, str, Any], tuple[Written, Any]] = {}
        self._tallies: dict[tuple[str, Any], tuple[Tally, Any]] = {}
        self._letters: list[WindowedValue] = []

    def add(self, arrived: Sequence[Arrived], refused: Sequence[Refused]) -> None:
        """Notes a write that came to its end.

        Args:
          refused: their indices count through the rows of the pages.
        """
        by_index = {one.index: one for one in refused}
        first = 0
        with self._lock:
            for one in arrived:
                numbers = range(len(one.batch.rows))
                wrong = {at: by_index[first + at] for at in numbers if first + at in by_index} if by_index else {}
                self._add_rows(one, [row for at, row in enumerate(one.batch.rows) if at not in wrong])
                for at, why in wrong.items():
                    self._add_letter(one, refused_letter(one.batch, at, why))
                first += len(one.batch.rows)

    def letters(self) -> Iterator[TaggedOutput]:
        """The letters since the last time."""
        with self._lock:
            letters, self._letters = self._letters, []
        for letter in letters:
            yield TaggedOutput(DEAD_LETTERS, letter)

    def sums(self) -> Iterator[WindowedValue | TaggedOutput]:
        """What was written and what was counted, each in its window."""
        for (execution_id, _, window), (written, timestamp) in self._written.items():
            yield WindowedValue((execution_id, written), timestamp, (window,))
        for (execution_id, window), (tally, timestamp) in self._tallies.items():
            yield TaggedOutput(TALLIES, WindowedValue((execution_id, tally), timestamp, (window,)))

    def _add_rows(self, one: Arrived, rows: list[dict[str, Any]]) -> None:
        if not rows:
            return
        batch = one.batch
        group = (batch.execution_id, batch.table, one.window)
        written, timestamp = self._written.get(group) or (Written("rows", batch.table, "", "", 0), one.timestamp)
        written.records += len(rows)
        written.coverage.update(coverage(rows))
        self._written[group] = written, max(timestamp, one.timestamp)

    def _add_letter(self, one: Arrived, letter: DeadLetter) -> None:
        self._letters.append(WindowedValue(letter, one.timestamp, (one.window,)))
        group = (one.batch.execution_id, one.window)
        tally, timestamp = self._tallies.get(group) or (Tally(), one.timestamp)
        tally.dead[letter.reason] += 1
        if letter.reason == Dead.ROW_TOO_LARGE:
            tally.counts["rows"] -= 1  # such an item was no row, only nobody could tell before
        self._tallies[group] = tally, max(timestamp, one.timestamp)


class InsertRowsFn(beam.DoFn):
    """Writes the rows of one bundle as they come; the bundle ends when each is confirmed or refused.

    Yields:
      Main output: (execution_id, Written), one for each execution and table.
      DEAD_LETTERS: DeadLetter, one for each refused row.
      TALLIES: (execution_id, Tally), one for each execution with refused rows.
    """

    def __init__(
        self, warehouse: Warehouse, table_of: Callable[[RowBatch], Table], method: Method, retries: Retries
    ) -> None:
        self._warehouse = warehouse
        self._table_of = table_of
        self._method = method
        self._retries = retries
        self._waiting: WaitingRows | None = None

    def setup(self) -> None:
        self._writer: RowWriter = open_writer(self._method, self._retries)

    def start_bundle(self) -> None:
        self.teardown()
        results = self._results = Results()

        def write(arrived: Sequence[Arrived]) -> None:
            batches = [one.batch for one in arrived]
            place, table = self._warehouse.place(batches[0].table), self._table_of(batches[0])
            results.add(arrived, self._writer.write(place, table, batches))

        self._waiting = WaitingRows(write)

    def process(
        self, batch: RowBatch, timestamp: Any = beam.DoFn.TimestampParam, window: Any = beam.DoFn.WindowParam
    ) -> Iterator[Any]:
        assert self._waiting is not None
        self._waiting.add((batch.table, batch.source), Arrived(batch, timestamp, window))
        yield from self._results.letters()

    def finish_bundle(self) -> Iterator[Any]:
        assert self._waiting is not None
        self._waiting.close()
        yield from self._results.letters()
        yield from self._results.sums()

    def teardown(self) -> None:
        """Of a bundle that failed, the rows that are there stay there."""
        if self._waiting is not None:
            self._waiting.abandon()


@dataclasses.dataclass(eq=False)
class InsertRows(beam.PTransform[Any, Any]):
    """PCollection[RowBatch] -> written: PCollection[(execution_id, Written)], dead_letters, tallies.

    Rows are in their tables within about a second, in batch and in streaming; tables of any number go through this one
    write.

    Args:
      warehouse: where the tables stand; they have to be there.
      table_of: the table of a page's rows.
      method: `insert` (tabledata.insertAll) or `storage` (Storage Write API).
      retries: for errors that pass; None for five minutes of them, after which the bundle fails.
    """

    warehouse: Warehouse
    table_of: Callable[[RowBatch], Table]
    method: Method = DEFAULT_METHOD
    retries: Retries | None = None

    def expand(self, rows: beam.PCollection[RowBatch]) -> Any:
        insert = InsertRowsFn(self.warehouse, self.table_of, self.method, self.retries or Retries())
        keyed = tuple[str, Any]
        insert_rows = beam.ParDo(insert).with_output_types(keyed, **{DEAD_LETTERS: Any, TALLIES: keyed})
        return rows | "Insert" >> insert_rows.with_outputs(DEAD_LETTERS, TALLIES, main="written")
