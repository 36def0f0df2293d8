"""Rows as BigQuery wants them in JSON, which is not the same in a load job and in an insert.

In a load file a JSON column holds JSON itself; in `tabledata.insertAll` it holds a text with JSON in it. Both take
NUMERIC and large integers as text, where a double would not be exact, bytes in base64, DATE, TIME, DATETIME and
TIMESTAMP in ISO form (a zone only in the last), and no null in a repeated column.
Sources: https://cloud.google.com/bigquery/docs/loading-data-cloud-storage-json (limitations, data types),
https://cloud.google.com/bigquery/docs/json-data (a load job fills JSON columns from CSV, Avro or JSON, never from
Parquet: that is why files on their way to BigQuery are newline JSON).
"""

import base64
import datetime
import decimal
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from schemas.bigquery import Field
from schemas.ids import decimal_text
from schemas.json_lines import TextsOf, json_texts

__all__ = ["insert_values", "load_texts"]

_EXACT = 2**53 - 1
"""Beyond it a JSON number may lose digits on its way (RFC 8259, 6)."""
_AS_THEY_ARE = {"STRING", "FLOAT", "BOOLEAN"}


def load_texts(fields: Sequence[Field]) -> TextsOf:
    """How `json_lines` says the columns of a table of these fields in a load file. A column that the table lacks is
    said as well: BigQuery refuses it, instead of losing it."""
    by_name = {field["name"]: field for field in fields}

    def texts_of(name: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
        field = by_name.get(name)
        return json_texts(values) if field is None else _texts(field, values)

    return texts_of


def _texts(field: Field, values: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = field["type"]
    if field["mode"] == "REPEATED" or kind in ("RECORD", "NUMERIC", "BYTES", "TIME"):
        say = _value_of(field)
        texts = [orjson.dumps(say(value)).decode() for value in values.to_pylist()]
        return pa.chunked_array([texts], pa.string())
    if kind == "JSON":
        return values.fill_null("null")
    if kind == "INTEGER" and _is_large(values):
        return _quoted(values.cast(pa.string()))
    if kind == "DATE":
        return _quoted(values.cast(pa.string()))
    if kind == "DATETIME":
        return _quoted(pc.strftime(values, format="%Y-%m-%dT%H:%M:%S"))
    return json_texts(values)


def _quoted(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.binary_join_element_wise('"', texts, '"', "").fill_null("null")


def _is_large(values: pa.ChunkedArray) -> bool:
    ends = pc.min_max(values).as_py()
    return ends["min"] is not None and (ends["min"] < -_EXACT or ends["max"] > _EXACT)


def _value_of(field: Field) -> Callable[[Any], Any]:
    """A column's Python values, as Arrow gives them -> what orjson writes."""
    one = _record_of(field["fields"]) if field["type"] == "RECORD" else functools.partial(_plain, field["type"])
    if field["mode"] == "REPEATED":
        return lambda values: [one(value) for value in values or ()]
    return lambda value: None if value is None else one(value)


def _record_of(fields: Sequence[Field]) -> Callable[[Mapping[str, Any]], Any]:
    say = {field["name"]: _value_of(field) for field in fields}
    return lambda record: {name: say[name](value) if name in say else value for name, value in record.items()}


def _plain(kind: str, value: Any) -> Any:
    if kind in _AS_THEY_ARE or value is None:
        return value
    if kind == "JSON":
        return orjson.Fragment(value)
    if isinstance(value, decimal.Decimal):
        return decimal_text(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value) if isinstance(value, int) and abs(value) > _EXACT else value


def insert_values(fields: Sequence[Field], row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a load file as `tabledata.insertAll` takes it."""
    by_name = {field["name"]: field for field in fields}
    return {name: _inserted(by_name.get(name), value) for name, value in row.items()}


def _inserted(field: Field | None, value: Any) -> Any:
    if field is None or value is None or field["type"] not in ("JSON", "RECORD"):
        return value
    if field["mode"] == "REPEATED":
        return [_inserted({**field, "mode": "NULLABLE"}, one) for one in value]
    return orjson.dumps(value).decode() if field["type"] == "JSON" else insert_values(field["fields"], value)
