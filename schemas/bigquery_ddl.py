"""The SQL that makes a table as BigQuery's API makes it from the same TableSpec."""

import json
from collections.abc import Iterable, Mapping

from schemas.bigquery import Field, TableSpec
from schemas.bigquery_latest import latest_description, latest_sql, latest_view
from schemas.bigquery_source_views import source_views
from schemas.warehouse import TableId

__all__ = [
    "cluster_clause",
    "create_dataset",
    "create_latest",
    "create_source_views",
    "create_table",
    "partition_clause",
    "sql_type",
]

_SQL_NAMES = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}


def create_dataset(project: str, dataset: str, location: str = "") -> str:
    """CREATE SCHEMA, ending in a semicolon; nothing happens where there is one.

    Args:
      location: `EU`, `europe-west3`; empty for BigQuery's default.
    """
    options = f"\nOPTIONS(location={_text(location)})" if location else ""
    return f"CREATE SCHEMA IF NOT EXISTS `{project}.{dataset}`{options};"


def create_table(spec: TableSpec, table: TableId) -> str:
    """CREATE TABLE, ending in a semicolon; nothing happens where there is one."""
    columns = ",\n".join(f"  {_column(field)}" for field in spec.fields)
    return (
        f"CREATE TABLE IF NOT EXISTS `{table}` (\n{columns}\n)\n"
        f"{partition_clause(spec)}\n{cluster_clause(spec)}OPTIONS(\n{_options(spec)}\n);"
    )


def create_latest(spec: TableSpec, table: TableId, executions: TableId) -> str:
    """CREATE VIEW of `<table>_latest`, ending in a semicolon; nothing happens where there is one."""
    return (
        f"CREATE VIEW IF NOT EXISTS `{latest_view(table)}`\n"
        f'OPTIONS(description={_text(latest_description(spec))}, labels=[("scrapeline", "latest")])\n'
        f"AS\n{latest_sql(spec, table, executions)};"
    )


def create_source_views(executions: TableId, decisions: TableId) -> list[str]:
    """CREATE VIEW of `scraper_sources` and `scraper_sources_available`, as `create_latest`."""
    return [
        f"CREATE VIEW IF NOT EXISTS `{view}`\n"
        f'OPTIONS(description={_text(description)}, labels=[("scrapeline", "sources")])\nAS\n{query};'
        for view, (query, description) in source_views(executions, decisions).items()
    ]


def partition_clause(spec: TableSpec) -> str:
    """Days of the partition column."""
    return f"PARTITION BY DATE(`{spec.partition}`)"


def cluster_clause(spec: TableSpec) -> str:
    """With a new line at its end; empty for a table without clustering."""
    return f"CLUSTER BY {', '.join(f'`{name}`' for name in spec.clustering)}\n" if spec.clustering else ""


def sql_type(field: Field) -> str:
    """A column's type in SQL, records with their columns."""
    kind = _SQL_NAMES.get(field["type"], str(field["type"]))
    if field["type"] == "RECORD":
        kind = f"STRUCT<{', '.join(_column(inner) for inner in field['fields'])}>"
    return f"ARRAY<{kind}>" if field["mode"] == "REPEATED" else kind


def _column(field: Field) -> str:
    required = " NOT NULL" if field["mode"] == "REQUIRED" else ""
    said = f" OPTIONS(description={_text(field['description'])})" if field.get("description") else ""
    return f"`{field['name']}` {sql_type(field)}{required}{said}"


def _options(spec: TableSpec) -> str:
    options: list[str] = [f"description={_text(spec.description)}", f"friendly_name={_text(spec.name)}"]
    if spec.expiry_days is not None:
        options.append(f"partition_expiration_days={spec.expiry_days}")
    options.append(f"labels=[{', '.join(_pairs(spec.labels))}]")
    return ",\n".join(f"  {option}" for option in options)


def _pairs(labels: Mapping[str, str]) -> Iterable[str]:
    return (f"({_text(name)}, {_text(value)})" for name, value in labels.items())


def _text(value: str) -> str:
    """A string literal of BigQuery's SQL: the escapes of JSON are among its own."""
    return json.dumps(value, ensure_ascii=False)
