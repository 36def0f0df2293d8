"""Tables as Arrow: a schema from the columns, and rows with their provenance built column by column."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.ids import canonical_json
from schemas.row_batch import RowBatch
from schemas.table import Column, Table

__all__ = ["PROVENANCE", "arrow_schema", "provenance_names", "to_arrow"]

_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "float": pa.float64(),
    "numeric": pa.decimal128(38, 9),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "datetime": pa.timestamp("us"),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "bytes": pa.binary(),
    "json": pa.string(),
}

# Where each row comes from: name, type, meaning. A declared column of the same name keeps it (see `provenance_names`).
PROVENANCE: tuple[tuple[str, pa.DataType, str], ...] = (
    ("source", pa.string(), "name of the source file"),
    ("url", pa.string(), "page that the row was read from, after redirects"),
    ("scraped_at", pa.timestamp("us", tz="UTC"), "when that page was complete"),
    ("execution_id", pa.string(), "the source in one run, or of one event"),
    ("request_id", pa.string(), "the request that the page answered"),
    ("row_key", pa.string(), "identity of what the row describes: hash of the key columns"),
    ("row_id", pa.string(), "identity of the row with its content"),
    ("schema_version", pa.string(), "version of the table's columns"),
    ("scraper_version", pa.string(), "version of what read the page"),
    ("archive_file", pa.string(), "WARC file that keeps the page, null when it was not archived"),
    ("archive_offset", pa.int64(), "of the page's record in that file, in bytes"),
    ("archive_digest", pa.string(), "of the page's payload, as the record states it"),
)
_OF_A_ROW = ("row_key", "row_id")
_MOST_SCHEMAS = 1_000
_schemas: dict[int, tuple[Table, pa.Schema]] = {}


def provenance_names(table: Table) -> dict[str, str]:
    """Provenance column -> its name in this table: `scrape_url` where it has a column `url` or `URL` of its own."""
    taken = {column.name.lower() for column in table.columns}
    names: dict[str, str] = {}
    for name, _, _ in PROVENANCE:
        chosen = name
        while chosen in taken:
            chosen = f"scrape_{chosen}"
        names[name] = chosen
    return names


def arrow_schema(table: Table) -> pa.Schema:
    """The columns in their order, then provenance. Dropped personal columns are left out, hashed ones are text."""
    names = provenance_names(table)
    fields = [_field(column) for column in table.columns if column.personal != "drop"]
    fields += [pa.field(names[name], kind, metadata={"description": text}) for name, kind, text in PROVENANCE]
    metadata = {"table": table.name, "version": table.version, "description": table.description}
    return pa.schema(fields, metadata=metadata)


def to_arrow(table: Table, batches: Sequence[RowBatch], schema: pa.Schema | None = None) -> pa.Table:
    """One Arrow table of the rows of many pages.

    Args:
      schema: what `arrow_schema(table)` gives, for callers that keep it; None: it is kept here.
    """
    schema = _schema_of(table) if schema is None else schema
    rows = [row for batch in batches for row in batch.rows]
    arrays = [
        _values(column, [row[column.name] for row in rows]) for column in table.columns if column.personal != "drop"
    ]
    provenance = _provenance(batches)
    return pa.Table.from_arrays(arrays + [provenance[name] for name, _, _ in PROVENANCE], schema=schema)


def _schema_of(table: Table) -> pa.Schema:
    """The schema of this very table, made once: small files would cost more by it than by their rows."""
    kept = _schemas.get(id(table))
    if kept is None:
        if len(_schemas) >= _MOST_SCHEMAS:
            _schemas.clear()
        kept = _schemas[id(table)] = table, arrow_schema(table)  # with the table: nothing else gets its id then
    return kept[1]


def _field(column: Column) -> pa.Field:
    metadata = {"description": column.description} if column.description else None
    return pa.field(column.name, _type(column), metadata=metadata)


def _type(column: Column) -> pa.DataType:
    if column.personal == "hash":
        kind = pa.string()
    elif column.type == "record":
        kind = pa.struct([_field(inner) for inner in column.columns if inner.personal != "drop"])
    else:
        kind = _TYPES[column.type]
    return pa.list_(kind) if column.repeated else kind


def _values(column: Column, values: list[Any]) -> pa.Array:
    convert = _converter(column)
    return pa.array(values if convert is None else list(map(convert, values)), _type(column))


def _converter(column: Column) -> Callable[[Any], Any] | None:
    """How a column's values become what Arrow takes; None when they are that already, as most are."""
    one = None if column.personal == "hash" else _json_text if column.type == "json" else _record_converter(column)
    if one is None or not column.repeated:
        return one
    return lambda values: None if values is None else [one(value) for value in values]


def _json_text(value: Any) -> str | None:
    return None if value is None else canonical_json(value).decode()


def _record_converter(column: Column) -> Callable[[Any], Any] | None:
    inner: Mapping[str, Callable[[Any], Any]] = {
        part.name: convert for part in column.columns if (convert := _converter(part)) is not None
    }
    if not inner:
        return None

    def convert_record(record: dict[str, Any] | None) -> dict[str, Any] | None:
        if record is None:
            return None
        return {name: inner[name](value) if name in inner else value for name, value in record.items()}

    return convert_record


def _provenance(batches: Sequence[RowBatch]) -> dict[str, pa.Array]:
    """What a page's rows share is converted once a page, then spread over its rows."""
    spread = _spreader([len(batch.rows) for batch in batches])
    archived = [batch.archived for batch in batches]
    by_page: dict[str, list[Any]] = {
        "source": [batch.source for batch in batches],
        "url": [batch.url for batch in batches],
        "scraped_at": [round(batch.scraped_at * 1_000_000) for batch in batches],
        "execution_id": [batch.execution_id for batch in batches],
        "request_id": [batch.request_id for batch in batches],
        "schema_version": [batch.schema_version for batch in batches],
        "scraper_version": [batch.scraper_version for batch in batches],
        "archive_file": [pointer.file if pointer else None for pointer in archived],
        "archive_offset": [pointer.offset if pointer else None for pointer in archived],
        "archive_digest": [pointer.digest if pointer else None for pointer in archived],
    }
    by_row = {
        "row_key": [key for batch in batches for key in batch.row_keys],
        "row_id": [row_id for batch in batches for row_id in batch.row_ids],
    }
    return {
        name: pa.array(by_row[name], kind) if name in _OF_A_ROW else spread(by_page[name], kind)
        for name, kind, _ in PROVENANCE
    }


def _spreader(counts: Sequence[int]) -> Callable[[list[Any], pa.DataType], pa.Array]:
    """(a value for each page, their type) -> a value for each row.

    Args:
      counts: rows of each page.
    """
    if len(counts) == 1:
        return lambda values, kind: pa.repeat(pa.scalar(values[0], kind), counts[0])
    page_of_row = pa.array(np.repeat(np.arange(len(counts), dtype=np.int32), counts))
    return lambda values, kind: pa.array(values, kind).take(page_of_row)
