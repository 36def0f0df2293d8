"""`tabledata.insertAll` as BigQuery documents it.

https://cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll,
https://cloud.google.com/bigquery/docs/streaming-data-into-bigquery (insertId, partitions that take rows),
https://cloud.google.com/bigquery/quotas#streaming_inserts (limits). Messages as quoted in
googleapis/google-cloud-go#2855 (sizes) and mozilla/gcp-ingestion#2721 (partitions).
"""

import dataclasses
import datetime as dt
import json
from typing import Any

from tests.bigquery_servers.strict_refusals import refused
from tests.bigquery_servers.strict_rows import Problem, RowReader
from tests.bigquery_servers.strict_tables import Row, StoredTable

__all__ = ["InsertLimits", "insert_all"]

PAST_DAYS, FUTURE_DAYS = 1825, 366


@dataclasses.dataclass(slots=True)
class InsertLimits:
    """Tests may lower them.

    Attributes:
      request_bytes: of a body, answered with 400 by BigQuery; one of `front_end_bytes` is answered with 413, and no
        JSON, before it reaches BigQuery ("vastly exceeds this limit", googleapis/python-bigquery#1409).
      row_bytes: of one row's JSON.
    """

    request_bytes: int = 10 * 1024 * 1024
    front_end_bytes: int = 50 * 1024 * 1024
    row_bytes: int = 10 * 1024 * 1024
    rows: int = 50_000
    insert_id_length: int = 128


def insert_all(table: StoredTable, body: dict[str, Any], limits: InsertLimits) -> dict[str, Any]:
    """Writes the rows, or some, or none.

    Raises:
      Refusal: of the whole request.
    """
    rows = body.get("rows") or []
    if not rows:
        raise refused("No rows present in the request.")
    if len(rows) > limits.rows:
        raise refused(f"Too many rows present in the request, limit: {limits.rows} row count: {len(rows)}.")
    if not table.fields or table.resource["type"] != "TABLE":
        raise refused("The destination table has no schema.")
    reader = RowReader(table.fields, inserted=True, ignore_unknown=bool(body.get("ignoreUnknownValues")))
    read = [read_row(table, reader, row, limits) for row in rows]
    wrong = {index: problems for index, (_, problems) in enumerate(read) if problems}
    if not wrong or body.get("skipInvalidRows"):
        write(
            table,
            [(row.get("insertId"), values) for row, (values, problems) in zip(rows, read, strict=True) if not problems],
        )
    stopped = (
        [] if body.get("skipInvalidRows") or not wrong else [index for index in range(len(rows)) if index not in wrong]
    )
    errors = [entry(index, [error("invalid", one) for one in problems]) for index, problems in wrong.items()]
    errors += [entry(index, [error("stopped", Problem("", ""))]) for index in stopped]
    answer: dict[str, Any] = {"kind": "bigquery#tableDataInsertAllResponse"}
    return answer | ({"insertErrors": errors} if errors else {})


def read_row(
    table: StoredTable, reader: RowReader, row: dict[str, Any], limits: InsertLimits
) -> tuple[dict[str, Any], list[Problem]]:
    size = len(
        json.dumps(row.get("json"), separators=(",", ":"), ensure_ascii=False, default=str).encode(errors="replace")
    )
    if size > limits.row_bytes:
        return {}, [Problem("", f"Maximum allowed row size exceeded. Allowed: {limits.row_bytes} Row size: {size}")]
    if len(str(row.get("insertId") or "")) > limits.insert_id_length:
        return {}, [
            Problem("", f"The insertId has more than {limits.insert_id_length} characters.")
        ]  # the words are ours
    values, problems = reader.read(row.get("json"))
    if not problems:
        problems = outside(table, values)
    return values, problems


def outside(table: StoredTable, values: dict[str, Any]) -> list[Problem]:
    """A row can be streamed into partitions that are neither old nor far in the future."""
    column = (table.resource.get("timePartitioning") or {}).get("field")
    value = next((found for name, found in values.items() if column and name.lower() == column.lower()), None)
    if value is None:
        return []
    day = value.date() if isinstance(value, dt.datetime) else value
    today = dt.datetime.now(dt.UTC).date()
    if -PAST_DAYS <= (day - today).days <= FUTURE_DAYS:
        return []
    message = (
        f"Value {value} for partition column {column} of the destination table {table.name} is outside the allowed "
        f"bounds. You can only stream to partitions of date range within {PAST_DAYS} days in the past and "
        f"{FUTURE_DAYS} days in the future relative to the current date."
    )
    return [Problem("", message)]


def write(table: StoredTable, rows: list[tuple[str | None, dict[str, Any]]]) -> None:
    """Rows of a known insertId are taken for retries and not written again."""
    for insert_id, values in rows:
        if insert_id and insert_id in table.insert_ids:
            continue
        if insert_id:
            table.insert_ids.add(insert_id)
        table.rows.append(Row(values, buffered=True))


def entry(index: int, errors: list[dict[str, str]]) -> dict[str, Any]:
    return {"index": index, "errors": errors}


def error(reason: str, problem: Problem) -> dict[str, str]:
    return {"reason": reason, "location": problem.location, "debugInfo": "", "message": problem.message}
