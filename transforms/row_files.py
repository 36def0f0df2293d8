"""Rows of one execution, table and day in a Parquet or newline-JSON file."""

import datetime
import time
from collections import Counter
from collections.abc import Callable
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from schemas.arrow import to_arrow
from schemas.json_lines import TextsOf
from schemas.row_batch import RowBatch
from schemas.table import Table
from schemas.written import Written
from transforms import filesystem
from transforms.arrow_file import ArrowFile
from transforms.output_layout import OutputLayout

__all__ = ["KEY_RECORD", "MAX_WAIT_SECS", "RowFile", "batch_day", "open_row_file", "row_group"]

ROWS_IN_MEMORY = 20_000
MAX_WAIT_SECS = 5.0
"""A row is in the file under construction at most this long after it was accepted (and LOOK_SECS of write_files)."""

KEYS_IN_MEMORY = 500
"""Of a file; those of more rows stand beside it: a run of a million pages has 360 MB of them."""

KEY_RECORD = np.dtype([("key", "<u8"), ("number", "<u4")])
"""What is kept of a row until its execution closes: first 8 bytes of its row_key, and its item's place on the page."""


def batch_day(batch: RowBatch) -> datetime.date:
    """The UTC day on which the rows' page was fetched."""
    return datetime.datetime.fromtimestamp(batch.scraped_at, datetime.UTC).date()


def row_group(batch: RowBatch) -> tuple[str, str, datetime.date]:
    """What has a file of its own."""
    return batch.execution_id, batch.table, batch_day(batch)


def open_row_file(
    layout: OutputLayout, table: Table, batch: RowBatch, extension: str, texts_of: TextsOf | None = None
) -> "RowFile":
    """Opens the file that a batch's rows go to.

    Args:
      extension: `parquet` or `jsonl`.
      texts_of: how newline JSON says the columns; None: as it does for people.
    """
    final = layout.rows_file(batch.table, batch_day(batch), batch.execution_id, filesystem.shard_name(), extension)
    return RowFile(table, batch.execution_id, layout.temporary(final), final, texts_of=texts_of)


class RowFile:
    """Collects pages' rows and writes them as row groups.

    At most ROWS_IN_MEMORY rows, or rows of MAX_WAIT_SECS, wait in memory.
    """

    def __init__(
        self,
        table: Table,
        execution_id: str,
        temporary: str,
        final: str,
        clock: Callable[[], float] = time.monotonic,
        texts_of: TextsOf | None = None,
    ) -> None:
        self._table = table
        self._execution_id = execution_id
        self._clock = clock
        self._batches: list[RowBatch] = []
        self._waiting = 0
        self._oldest = 0.0
        self._few_keys = bytearray()
        self._keys: BinaryIO | None = None
        self._file = ArrowFile(temporary, is_parquet=final.endswith(".parquet"), texts_of=texts_of)
        self._written = Written("rows", table.name, temporary, final, 0)

    def add(self, batch: RowBatch) -> None:
        """Takes the rows of one page."""
        if not self._batches:
            self._oldest = self._clock()
        self._batches.append(batch)
        self._waiting += len(batch.rows)
        if self._waiting >= ROWS_IN_MEMORY:
            self._flush()

    def flush_old(self) -> None:
        """Writes rows that have waited for MAX_WAIT_SECS, and those after them."""
        if self._batches and self._clock() - self._oldest >= MAX_WAIT_SECS:
            self._flush()

    def close(self) -> tuple[str, Written]:
        """Ends the file: (execution_id, what was written)."""
        self._flush()
        self._file.close()
        if self._keys is not None:
            self._keys.close()
        else:
            self._written.keys = bytes(self._few_keys)
        return self._execution_id, self._written

    def _flush(self) -> None:
        if not self._batches:
            return
        rows = to_arrow(self._table, self._batches)
        self._file.write(rows)
        self._write_keys()
        self._written.records += rows.num_rows
        self._written.coverage.update(_present(rows, self._table))
        self._batches, self._waiting = [], 0

    def _write_keys(self) -> None:
        """In memory while they are few."""
        for batch in self._batches:
            records = np.empty(len(batch.rows), KEY_RECORD)
            records["key"] = np.frombuffer(bytes.fromhex("".join([key[:16] for key in batch.row_keys])), "<u8")
            records["number"] = batch.numbers or range(len(batch.rows))
            self._few_keys += records.tobytes()
        if self._keys is None and len(self._few_keys) > KEYS_IN_MEMORY * KEY_RECORD.itemsize:
            self._written.keys_file = f"{self._written.temporary}.keys"
            self._keys = filesystem.create(self._written.keys_file)
        if self._keys is not None:
            self._keys.write(self._few_keys)
            self._few_keys.clear()


def _present(rows: pa.Table, table: Table) -> Counter[str]:
    names = {column.name for column in table.columns}
    return Counter({name: rows.num_rows - rows.column(name).null_count for name in rows.column_names if name in names})
