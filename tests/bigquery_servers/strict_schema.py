"""Which schemas and changes of tables BigQuery takes.

https://cloud.google.com/bigquery/docs/schemas (names, types), /docs/managing-table-schemas (changes: columns may be
added, NULLABLE or REPEATED, and a new record may have REQUIRED ones in it; REQUIRED may become NULLABLE; descriptions
may change), /docs/partitioned-tables, /docs/clustered-tables. Not known here: flexible column names (spaces, signs),
changes of a type that ALTER COLUMN allows.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.bigquery_servers.strict_refusals import refused
from tests.bigquery_servers.strict_values import ALIASES, PARSERS

__all__ = ["check_change", "check_table", "normal_fields"]

Field = dict[str, Any]

_NAME = re.compile(r"[^\W\d]\w{0,299}")
_RESERVED = ("_TABLE_", "_FILE_", "_PARTITION", "_ROW_TIMESTAMP", "__ROOT__", "_COLIDENTIFIER")
_PARTITIONED_BY = {"DATE", "TIMESTAMP", "DATETIME"}
_CLUSTERED_BY = {"BIGNUMERIC", "BOOLEAN", "DATE", "DATETIME", "INTEGER", "NUMERIC", "STRING", "TIMESTAMP", "RANGE"}
_MOST_CLUSTERING = 4
_MOST_DESCRIPTION = 1024


def normal_fields(fields: Sequence[Field]) -> list[Field]:
    """As BigQuery gives columns back: legacy names of types, a mode everywhere.

    Raises:
      Refusal: a name, type, mode or record that BigQuery does not have.
    """
    normal = [normal_field(field) for field in fields]
    names = [field["name"].lower() for field in normal]
    for name in names:
        if names.count(name) > 1:
            raise refused(f"Duplicate field name: {name}")  # the words are ours
    return normal


def normal_field(field: Field) -> Field:
    name, kind = field.get("name", ""), str(field.get("type", "")).upper()
    kind = ALIASES.get(kind, kind)
    mode = str(field.get("mode") or "NULLABLE").upper()
    if not _NAME.fullmatch(name) or name.upper().startswith(_RESERVED):
        raise refused(
            f'Invalid field name "{name}". Fields must contain the allowed characters, and be at most 300 long.'
        )
    if kind not in {*PARSERS, "RECORD", "JSON"}:
        raise refused(f"Invalid value for type: {kind} is not a valid value (or not known to this fake)")
    if mode not in {"NULLABLE", "REQUIRED", "REPEATED"}:
        raise refused(f"Invalid value for mode: {mode} is not a valid value")
    if len(field.get("description") or "") > _MOST_DESCRIPTION:
        raise refused(
            f"The description for field {name} is too long. The maximum length is {_MOST_DESCRIPTION} characters."
        )
    normal = {**field, "type": kind, "mode": mode}
    if kind == "RECORD":
        if not field.get("fields"):
            raise refused(f"Field {name} is type RECORD but has no schema")
        normal["fields"] = normal_fields(field["fields"])
    return normal


def check_table(table: Mapping[str, Any]) -> None:
    """Partitioning and clustering name columns that can carry them.

    Raises:
      Refusal
    """
    columns = {field["name"].lower(): field for field in table.get("schema", {}).get("fields", ())}
    by = (table.get("timePartitioning") or {}).get("field")
    if by is not None:
        field = columns.get(by.lower())
        if field is None:
            raise refused(f"The field specified for partitioning cannot be found in the schema: {by}")
        if field["type"] not in _PARTITIONED_BY or field["mode"] == "REPEATED":
            raise refused(
                "The field specified for partitioning must be a TIMESTAMP, DATETIME or DATE and not REPEATED. "
                f"The type found is: {field['type']}."
            )
    names = (table.get("clustering") or {}).get("fields", [])
    if len(names) > _MOST_CLUSTERING:
        raise refused(f"Too many fields specified for clustering. Found {len(names)}, maximum is {_MOST_CLUSTERING}.")
    for name in names:
        field = columns.get(name.lower())
        if field is None:
            raise refused(f"The field specified for clustering cannot be found in the schema: {name}")
        if field["type"] not in _CLUSTERED_BY or field["mode"] == "REPEATED":
            raise refused(f"The field specified for clustering is of a type that cannot be clustered by: {name}")


def check_change(
    table: str, before: Sequence[Field], after: Sequence[Field], options: Sequence[str] | None = None
) -> None:
    """What may change in a table's columns.

    Args:
      table: `project:dataset.table`.
      options: a load job's schemaUpdateOptions, and columns that are not named stay; None for `tables.patch`, which may
        add and relax and must name all columns.

    Raises:
      Refusal
    """
    for wrong in changes_refused(before, after, "", options):
        raise refused(f"Provided Schema does not match Table {table}. {wrong}")


def changes_refused(
    before: Sequence[Field], after: Sequence[Field], path: str, options: Sequence[str] | None
) -> Iterator[str]:
    new = {field["name"].lower(): field for field in after}
    for old in before:
        place, field = path + old["name"], new.pop(old["name"].lower(), None)
        if field is None:
            if options is None or old["mode"] == "REQUIRED":
                yield f"Field {place} is missing in new schema"
            continue
        if field["type"] != old["type"]:
            yield f"Field {place} has changed type from {old['type']} to {field['type']}"
        elif field["mode"] != old["mode"] and not relaxed(old, field, options):
            yield f"Field {place} has changed mode from {old['mode']} to {field['mode']}"
        elif old["type"] == "RECORD":
            yield from changes_refused(old["fields"], field["fields"], place + ".", options)
    for field in new.values():
        if field["mode"] == "REQUIRED":
            yield f"Cannot add required fields to an existing schema. (field: {path}{field['name']})"
        elif options is not None and "ALLOW_FIELD_ADDITION" not in options:
            yield f"Cannot add fields (field: {path}{field['name']})"


def relaxed(old: Field, new: Field, options: Sequence[str] | None) -> bool:
    allowed = options is None or "ALLOW_FIELD_RELAXATION" in options
    return allowed and (old["mode"], new["mode"]) == ("REQUIRED", "NULLABLE")
