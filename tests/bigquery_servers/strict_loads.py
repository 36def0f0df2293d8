"""What a load job of newline-delimited JSON does: all rows, or none and the reasons.

https://cloud.google.com/bigquery/docs/loading-data-cloud-storage-json,
https://cloud.google.com/bigquery/docs/reference/rest/v2/Job#jobconfigurationload. Messages as quoted in
googleapis/google-cloud-python#3343 and fluent-plugins-nursery/fluent-plugin-bigquery#168. As BigQuery does, an error
names where in its file the row starts, in bytes, and reading stops once there are more errors than may be.
"""

import dataclasses
import gzip
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from tests.bigquery_servers.strict_refusals import Refusal, refused
from tests.bigquery_servers.strict_rows import RowReader
from tests.bigquery_servers.strict_schema import check_change, normal_fields
from tests.bigquery_servers.strict_tables import Row, StoredTable, Tables

__all__ = ["LoadFailed", "Loaded", "load"]

MOST_ROW_BYTES = 100 * 1024 * 1024


class LoadFailed(Exception):
    """A job that ends with errors: the first is its errorResult."""

    def __init__(self, errors: list[Refusal]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


@dataclasses.dataclass(slots=True)
class Loaded:
    """What a job that did its work has to say.

    Attributes:
      errors: of rows that it was allowed to leave out.
    """

    rows: int
    errors: list[Refusal]


def load(tables: Tables, config: dict[str, Any], upload: bytes | None, fetch: Callable[[str], bytes]) -> Loaded:
    """Runs a job's `configuration.load`.

    Args:
      upload: what came with the request; None: read `sourceUris`.
      fetch: gives the content of a `gs://` address.

    Raises:
      LoadFailed: nothing was written.
    """
    try:
        if config.get("sourceFormat") != "NEWLINE_DELIMITED_JSON":
            raise refused(f"This fake loads NEWLINE_DELIMITED_JSON only, not {config.get('sourceFormat')}")
        files = [("", upload)] if upload is not None else [(uri, fetch(uri)) for uri in config.get("sourceUris", [])]
        fields, create = destination(tables, config)
        rows, errors = read_files(files, fields, config)
        if len(errors) > int(config.get("maxBadRecords") or 0):
            raise LoadFailed([*gave_up(errors), *errors])
        write(create(), rows, config)
    except Refusal as error:
        raise LoadFailed([error]) from error
    return Loaded(len(rows), errors)


def destination(tables: Tables, config: dict[str, Any]) -> tuple[list[dict[str, Any]], Callable[[], StoredTable]]:
    """The columns that rows must have, and what makes the table so, once the rows are known to be good."""
    place = config["destinationTable"]
    project, dataset, name = place["projectId"], place["datasetId"], place["tableId"]
    tables.dataset(project, dataset)
    given = config.get("schema", {}).get("fields")
    try:
        table = tables.table(project, dataset, name)
    except Refusal:
        if config.get("createDisposition") == "CREATE_NEVER":
            raise
        if not given:
            raise refused("No schema specified on job or table.") from None
        resource = {"tableReference": {"tableId": name}, "schema": {"fields": given}}
        resource |= {key: config[key] for key in ("timePartitioning", "clustering") if key in config}
        return normal_fields(given), lambda: tables.insert_table(project, dataset, resource)
    if config.get("writeDisposition") == "WRITE_EMPTY" and table.rows:
        raise Refusal(409, f"Already Exists: Table {table.name}")
    if not given:
        return table.fields, lambda: table
    new = normal_fields(given)
    if config.get("writeDisposition") == "WRITE_TRUNCATE":  # "will always overwrite the schema"
        return new, lambda: tables.overwrite(table, new)
    check_change(table.name, table.fields, new, config.get("schemaUpdateOptions", []))
    fields = merged(table.fields, new)
    return fields, lambda: grown(tables, table, fields)


def merged(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The table's columns as the job changes them, then those that it adds."""
    changed = {field["name"].lower(): field for field in new}
    return [changed.pop(field["name"].lower(), field) for field in old] + list(changed.values())


def grown(tables: Tables, table: StoredTable, fields: list[dict[str, Any]]) -> StoredTable:
    if fields != table.fields:
        tables.change_table(table, {"schema": {"fields": fields}})
    return table


def read_files(
    files: list[tuple[str, bytes]], fields: list[dict[str, Any]], config: dict[str, Any]
) -> tuple[list[dict[str, Any]], list[Refusal]]:
    reader = RowReader(fields, inserted=False, ignore_unknown=bool(config.get("ignoreUnknownValues")))
    rows: list[dict[str, Any]] = []
    errors: list[Refusal] = []
    for uri, content in files:
        for start, line in lines(gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content):
            values, problem = read_line(reader, line)
            if problem:
                errors.append(row_error(problem, start, uri))
                if len(errors) > int(config.get("maxBadRecords") or 0):
                    return rows, errors
            else:
                rows.append(values)
    return rows, errors


def lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    start = 0
    for line in content.split(b"\n"):
        if line.strip():
            yield start, line
        start += len(line) + 1


def read_line(reader: RowReader, line: bytes) -> tuple[dict[str, Any], str]:
    """The row, or what is wrong with it first."""
    if len(line) > MOST_ROW_BYTES:
        return {}, f"Row size is larger than: {MOST_ROW_BYTES}."
    try:
        row = json.loads(line, parse_float=Decimal)
    except ValueError as error:
        return {}, f"Parser terminated before end of string ({error})"
    values, problems = reader.read(row)
    return values, problems[0].message if problems else ""


def row_error(problem: str, start: int, uri: str) -> Refusal:
    file = f" File: {uri}" if uri else ""
    place = f"JSON parsing error in row starting at position {start}"
    return refused(f"Error while reading data, error message: {place}: {problem}{file}", location=uri)


def gave_up(errors: list[Refusal]) -> list[Refusal]:
    counted = f"giving up. Rows: {len(errors)}; errors: {len(errors)}."
    return [
        refused(
            "Error while reading data, error message: JSON table encountered too many errors, "
            f"{counted} Please look into the errors[] collection for more details.",
            location=errors[0].location,
        )
    ]


def write(table: StoredTable, rows: list[dict[str, Any]], config: dict[str, Any]) -> None:
    if config.get("writeDisposition") == "WRITE_TRUNCATE":
        table.rows.clear()
    table.rows.extend(Row(values) for values in rows)
