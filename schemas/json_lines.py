"""Arrow tables as newline JSON, for people and for tools that read nothing else.

Written column by column by Arrow's own string functions: a dictionary for each row would cost three times as much.
"""

import base64
import decimal
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["TextsOf", "json_lines", "json_texts", "write_json_lines"]

TextsOf = Callable[[str, pa.ChunkedArray], pa.ChunkedArray]

_OPTIONS = orjson.OPT_UTC_Z
ROWS_AT_ONCE = 5_000
_MADE_ONCE = (pa.types.is_string, pa.types.is_timestamp, pa.types.is_dictionary)
_ESCAPED = b'"\\' + bytes(range(32))  # RFC 8259, 7


def json_lines(rows: pa.Table, texts_of: TextsOf | None = None) -> bytes:
    """One JSON object a line; timestamps as RFC 3339 in UTC, bytes as base64, columns that hold JSON as text.

    Args:
      texts_of: says a column otherwise: its name and values -> their JSON, without nulls; None for `json_texts`.
    """
    if not rows.num_rows or not rows.num_columns:
        return b"{}\n" * int(rows.num_rows)
    parts: list[Any] = []
    for name in rows.column_names:
        texts = json_texts(rows.column(name)) if texts_of is None else texts_of(name, rows.column(name))
        parts += [("," if parts else "{") + orjson.dumps(name).decode() + ":", texts]
    lines = pc.binary_join_element_wise(*parts, "}\n", "")
    return b"".join(map(_held_text, lines.chunks if isinstance(lines, pa.ChunkedArray) else [lines]))


def write_json_lines(file: BinaryIO, rows: pa.Table, texts_of: TextsOf | None = None) -> None:
    """Appends a table, some rows at a time."""
    for batch in rows.to_batches(max_chunksize=ROWS_AT_ONCE):
        file.write(json_lines(pa.Table.from_batches([batch]), texts_of))


def json_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column's values as JSON; of those that stand in it often (a page's own, a category) each once."""
    if not (
        pa.types.is_string(column.type) or pa.types.is_timestamp(column.type) or pa.types.is_dictionary(column.type)
    ):
        return _texts_of(column).fill_null("null")
    encoded = column.combine_chunks()
    if not pa.types.is_dictionary(column.type):
        encoded = encoded.dictionary_encode()
    return _texts_of(encoded.dictionary).take(encoded.indices).fill_null("null")


def _texts_of(values: Any) -> Any:
    """Values of any column type as JSON, null for null."""
    kind = values.type
    if pa.types.is_timestamp(kind):
        return _quoted(pc.strftime(values, format="%Y-%m-%dT%H:%M:%SZ"))
    if pa.types.is_string(kind) and not _must_be_escaped(_held_text(values)):
        return _quoted(values)
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return values.cast(pa.string())
    if pa.types.is_float64(kind) and pc.all(pc.is_finite(values)).as_py() is not False:
        texts = values.cast(pa.string())
        is_whole = pc.invert(pc.match_substring_regex(texts, "[.e]"))
        return pc.if_else(is_whole, pc.binary_join_element_wise(texts, ".0", ""), texts)
    texts = [orjson.dumps(value, default=_plain, option=_OPTIONS).decode() for value in values.to_pylist()]
    return pa.chunked_array([texts], pa.string())


def _quoted(texts: Any) -> Any:
    return pc.binary_join_element_wise('"', texts, '"', "")


def _must_be_escaped(text: bytes) -> bool:
    return len(text.translate(None, _ESCAPED)) < len(text)


def _held_text(texts: pa.Array) -> bytes:
    """What an array of texts holds, one behind the other, as Arrow keeps it."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return bytes(memoryview(data)[ends[0] : ends[-1]]) if data is not None else b""


def _plain(value: Any) -> Any:
    if isinstance(value, decimal.Decimal):
        # A JSON number when that is exact in a double, else text: BigQuery's loads take both for NUMERIC.
        as_float = float(value)
        return as_float if decimal.Decimal(repr(as_float)) == value else str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(f"no JSON for {type(value).__name__}")
