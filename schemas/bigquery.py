"""Tables as BigQuery has them: columns, partition, clustering, expiry; from a source's table or an Arrow schema."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

import pyarrow as pa

from schemas.arrow import PROVENANCE, provenance_names
from schemas.bigquery_names import name_problems
from schemas.dead_letter_table import DEAD_LETTER_SCHEMA
from schemas.decision import DECISION_SCHEMA
from schemas.execution import EXECUTION_SCHEMA
from schemas.replay_table import REPLAY_SCHEMA
from schemas.retention import DEAD_LETTERS_DAYS, EXECUTIONS_DAYS
from schemas.row import with_unknown
from schemas.table import Column, ColumnType, Table
from schemas.warehouse import TableId

__all__ = ["Field", "TableRefused", "TableSpec", "log_specs", "spec_of"]

Field = dict[str, Any]
"""A column as BigQuery's API has it: name, type, mode, and where there are such, description and fields."""

_TYPES: dict[ColumnType, str] = {
    "string": "STRING",
    "integer": "INTEGER",
    "float": "FLOAT",
    "numeric": "NUMERIC",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "time": "TIME",
    "datetime": "DATETIME",
    "timestamp": "TIMESTAMP",
    "bytes": "BYTES",
    "json": "JSON",
    "record": "RECORD",
}
_ARROW_TYPES: dict[pa.DataType, str] = {
    pa.string(): "STRING",
    pa.int64(): "INTEGER",
    pa.float64(): "FLOAT",
    pa.bool_(): "BOOLEAN",
    pa.timestamp("us", tz="UTC"): "TIMESTAMP",
}
# https://cloud.google.com/bigquery/docs/clustered-tables#cluster_column_types
_CLUSTERABLE = ("STRING", "INTEGER", "NUMERIC", "BOOLEAN", "DATE", "DATETIME", "TIMESTAMP")
_MOST_CLUSTERING = 4
_ALWAYS_THERE = ("source", "scraped_at", "execution_id", "request_id", "row_key", "row_id")
_LONGEST_COLUMN_DESCRIPTION = 1024
_LONGEST_TABLE_DESCRIPTION = 16_384
_MS_A_DAY = 86_400_000


class TableRefused(ValueError):
    """BigQuery cannot have a table like this; the text says which and why, a line for each reason."""


@dataclasses.dataclass(frozen=True, slots=True)
class TableSpec:
    """What a table in BigQuery should be.

    Attributes:
      name: as the source writes it, `shop.products`; of a log table, its name.
      kind: what its records are.
      partition: the TIMESTAMP column whose UTC day is a record's partition.
      expiry_days: after which a partition is deleted; None says nothing about it.
      clustering: at most four columns.
      provenance: of rows, provenance column -> its name in this table (schemas.arrow).
    """

    name: str
    kind: Literal["rows", "log"]
    description: str
    fields: tuple[Field, ...]
    partition: str
    expiry_days: int | None = None
    clustering: tuple[str, ...] = ()
    provenance: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def labels(self) -> dict[str, str]:
        """By which a table is known as one of ours; its friendly name is the source's name of it."""
        return {"scrapeline": self.kind}

    def resource(self, table: TableId) -> dict[str, Any]:
        """The table as BigQuery's API takes it (`tables.insert`)."""
        partitioning = {"type": "DAY", "field": self.partition}
        if self.expiry_days is not None:
            partitioning["expirationMs"] = str(self.expiry_days * _MS_A_DAY)
        found: dict[str, Any] = {
            "tableReference": {"projectId": table.project, "datasetId": table.dataset, "tableId": table.table},
            "friendlyName": self.name,
            "description": self.description,
            "labels": self.labels,
            "schema": {"fields": list(self.fields)},
            "timePartitioning": partitioning,
        }
        if self.clustering:
            found["clustering"] = {"fields": list(self.clustering)}
        return found


def spec_of(table: Table, *, keep_unknown: bool = False, rows_days: int | None = None) -> TableSpec:
    """The table of a source: its columns, then where each row comes from.

    Args:
      keep_unknown: the source keeps fields that the table does not know: as `RowMaker` does, in a JSON column.
      rows_days: after which rows are deleted; None: never.

    Raises:
      TableRefused
    """
    table = with_unknown(table) if keep_unknown else table
    names = provenance_names(table)
    fields = [_field(column) for column in table.columns if column.personal != "drop"]
    for name, kind, text in PROVENANCE:
        fields.append(_arrow_field(names[name], kind, text, required=name in _ALWAYS_THERE))
    if problems := [*name_problems(fields), *_empty_records(fields)]:
        raise TableRefused("\n".join(f"table {table.name}: {problem}" for problem in problems))
    types = {field["name"]: field["type"] for field in fields if field["mode"] != "REPEATED"}
    key = [name for name in table.key if types.get(name) in _CLUSTERABLE]
    return TableSpec(
        name=table.name,
        kind="rows",
        description=(table.description or f"Rows of {table.name}.")[:_LONGEST_TABLE_DESCRIPTION],
        fields=tuple(fields),
        partition=names["scraped_at"],
        expiry_days=rows_days,
        clustering=tuple(key[:_MOST_CLUSTERING]) or (names["row_key"],),
        provenance=names,
    )


def log_specs(
    *, dead_letters_days: int = DEAD_LETTERS_DAYS, executions_days: int = EXECUTIONS_DAYS
) -> dict[str, TableSpec]:
    """The tables of `schemas.warehouse.LOG_TABLES` by name."""
    return {
        "dead_letters": TableSpec(
            name="dead_letters",
            kind="log",
            description="Dead letters of Scrapeline: requests and items that failed, with all that a replay needs.",
            fields=_log_fields(DEAD_LETTER_SCHEMA, ("letter_id", "failed_at")),
            partition="failed_at",
            expiry_days=dead_letters_days,
            clustering=("source", "reason"),
        ),
        "executions": TableSpec(
            name="executions",
            kind="log",
            description="Execution log of Scrapeline: what became of one source in one run.",
            fields=_log_fields(EXECUTION_SCHEMA, ("execution_id", "source", "started_at")),
            partition="started_at",
            expiry_days=executions_days,
            clustering=("source",),
        ),
        "replays": TableSpec(
            name="replays",
            kind="log",
            description="Replays of Scrapeline: what became of dead letters that were sent back.",
            fields=_log_fields(REPLAY_SCHEMA, ("letter_id", "execution_id", "replayed_at")),
            partition="replayed_at",
            expiry_days=executions_days,
            clustering=("letter_id",),
        ),
        "source_decisions": TableSpec(
            name="source_decisions",
            kind="log",
            description="What people decided about sources: enabled or disabled, schedule on or off. Never deleted.",
            fields=_log_fields(DECISION_SCHEMA, ("decision_id", "source", "action", "decided_at")),
            partition="decided_at",
            clustering=("source",),
        ),
    }


def _field(column: Column) -> Field:
    kind = "STRING" if column.personal == "hash" else _TYPES[column.type]
    mode = "REPEATED" if column.repeated else "REQUIRED" if column.required else "NULLABLE"
    field: Field = {"name": column.name, "type": kind, "mode": mode}
    if column.description:
        field["description"] = column.description[:_LONGEST_COLUMN_DESCRIPTION]
    if kind == "RECORD":
        field["fields"] = [_field(inner) for inner in column.columns if inner.personal != "drop"]
    return field


def _arrow_field(name: str, kind: pa.DataType, description: str, *, required: bool) -> Field:
    repeated = pa.types.is_list(kind)
    mode = "REPEATED" if repeated else "REQUIRED" if required else "NULLABLE"
    return {
        "name": name,
        "type": _ARROW_TYPES[kind.value_type if repeated else kind],
        "mode": mode,
        "description": description,
    }


def _log_fields(schema: pa.Schema, required: tuple[str, ...]) -> tuple[Field, ...]:
    return tuple(
        _arrow_field(field.name, field.type, field.metadata[b"description"].decode(), required=field.name in required)
        for field in schema
    )


def _empty_records(fields: list[Field], path: str = "") -> list[str]:
    problems = []
    for field in fields:
        if field["type"] == "RECORD":
            inner = field["fields"]
            problems += _empty_records(inner, f"{path}{field['name']}.")
            if not inner:
                problems.append(f"column `{path}{field['name']}` is a record without columns (are all personal: drop?)")
    return problems
