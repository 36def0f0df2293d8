"""The newest rows of each table, values cut short: what a person looks at to see whether the data are right."""

import base64
import dataclasses
import datetime
import json
from collections.abc import Collection, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.stores.store import Store

__all__ = ["ROWS", "Sample", "samples", "value_text"]

ROWS = 3
TABLES = 40
CHARACTERS = 80
_NEWEST = "scraped_at"
_BOOKKEEPING = frozenset(
    [
        "source",
        "execution_id",
        "request_id",
        "row_key",
        "row_id",
        "schema_version",
        "scraper_version",
        "archive_file",
        "archive_offset",
        "archive_digest",
        "scrape_date",
    ]
)


@dataclasses.dataclass(frozen=True, slots=True)
class Sample:
    """A few rows of a table, as texts.

    Attributes:
      columns: those of the source, and `url` and `scraped_at`; the bookkeeping ones are left out.
    """

    table: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | None]]


def samples(store: Store, executions: Collection[str]) -> list[Sample]:
    """The newest rows that these executions wrote, table by table; one batch of rows in memory at a time."""
    found = []
    for table in store.tables()[:TABLES]:
        rows: list[dict[str, Any]] = []
        columns: list[str] = []
        for batch in store.rows(table, executions=executions):
            columns = columns or [name for name in batch.schema.names if name not in _BOOKKEEPING]
            rows = _newest(rows + _newest_of(batch))
        if rows:
            found.append(Sample(table, columns, [[value_text(row.get(name)) for name in columns] for row in rows]))
    return found


def _newest_of(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    if _NEWEST in batch.schema.names:
        batch = batch.take(pc.select_k_unstable(batch, ROWS, sort_keys=[(_NEWEST, "descending")]))
    rows: list[dict[str, Any]] = batch.slice(0, ROWS).to_pylist()
    return rows


def _newest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: str(row.get(_NEWEST) or ""), reverse=True)[:ROWS]


def value_text(value: Any) -> str | None:
    """A value as people read it, at most CHARACTERS long; None for null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        text = f"{len(value)} bytes: {base64.b64encode(value[:CHARACTERS]).decode()}"
    elif isinstance(value, datetime.datetime):
        text = value.isoformat(" ", "seconds").replace("+00:00", " UTC")
    elif isinstance(value, list | dict):
        text = json.dumps(value, ensure_ascii=False, default=str)
    else:
        text = f"{value:f}".rstrip("0").rstrip(".") if hasattr(value, "as_tuple") and value.is_finite() else str(value)
    text = " ".join(text[: CHARACTERS * 4].split())
    return text if len(text) <= CHARACTERS else f"{text[: CHARACTERS - 1]}…"
