"""Rows in the form in which BigQuery's REST API gives them back: `{"f": [{"v": ...}]}`, all scalars as text.

https://cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/list.
"""

import base64
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.bigquery_servers.strict_values import EPOCH

__all__ = ["cells"]

Field = Mapping[str, Any]


def cells(fields: Sequence[Field], row: Mapping[str, Any], whole_microseconds: bool) -> dict[str, Any]:
    """One row, or one record in a row.

    Args:
      whole_microseconds: of timestamps, as `formatOptions.useInt64Timestamp` asks; else seconds with a fraction.
    """
    return {"f": [{"v": column(field, row.get(field["name"]), whole_microseconds)} for field in fields]}


def column(field: Field, value: Any, whole_microseconds: bool) -> Any:
    if field.get("mode") == "REPEATED":
        return [{"v": scalar(field, one, whole_microseconds)} for one in value or ()]
    return None if value is None else scalar(field, value, whole_microseconds)


def scalar(field: Field, value: Any, whole_microseconds: bool) -> Any:
    kind = field["type"]
    if kind == "RECORD":
        return cells(field["fields"], value, whole_microseconds)
    if kind == "TIMESTAMP":
        microseconds = (value - EPOCH) // dt.timedelta(microseconds=1)
        return str(microseconds) if whole_microseconds else repr(microseconds / 1e6)
    if kind == "JSON":
        return json.dumps(value)
    if kind == "BYTES":
        return base64.b64encode(value).decode()
    if kind == "BOOLEAN":
        return str(value).lower()
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)
