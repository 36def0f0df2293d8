"""Reads the files that a run wrote, whichever format it wrote them in."""

from collections.abc import Iterator
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.json_lines import json_lines
from transforms import filesystem

__all__ = ["read_json_lines", "read_records"]

ROWS_AT_ONCE = 5_000


def read_records(path: str, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """The records of a `.parquet` or `.jsonl` file, a few thousand in memory; None for all columns."""
    with filesystem.open_to_read(path) as file:
        if path.endswith(".parquet"):
            for batch in pq.ParquetFile(file).iter_batches(ROWS_AT_ONCE, columns=columns):
                yield from batch.to_pylist()
        else:
            for line in file:
                record = orjson.loads(line)
                yield record if columns is None else {name: record[name] for name in columns}


def read_json_lines(path: str) -> Iterator[bytes]:
    """The same as newline JSON, in pieces of whole lines."""
    with filesystem.open_to_read(path) as file:
        if path.endswith(".parquet"):
            for batch in pq.ParquetFile(file).iter_batches(ROWS_AT_ONCE):
                yield json_lines(pa.Table.from_batches([batch]))
        else:
            yield from file
