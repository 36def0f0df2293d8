"""What a reader runs first, in DuckDB or in BigQuery, so that every query of the report runs there as it stands."""

import pyarrow as pa

from pipelines.places import Places
from pipelines.report.scope import Scope
from pipelines.report.tables import DEAD_LETTERS, EXECUTIONS, REPLAYS, sql_text, views
from schemas.warehouse import LOG_TABLES, Warehouse
from transforms import filesystem

__all__ = ["newest_rows", "preamble"]

_TYPES = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.timestamp("us", tz="UTC"): "TIMESTAMPTZ",
    pa.list_(pa.string()): "VARCHAR[]",
}


def preamble(places: Places, scope: Scope) -> str:
    """SQL that makes the tables that the queries ask: DuckDB's over a folder, BigQuery's over a warehouse."""
    return _bigquery(places.warehouse, scope) if places.warehouse else _duckdb(places.folder, scope)


def _bigquery(warehouse: Warehouse, scope: Scope) -> str:
    text = sql_text("views_bigquery")
    for name in LOG_TABLES:
        text = text.replace(f"{{stored_{name}}}", f"`{warehouse.place(name)}`")
    text = text.replace("{executions_filter}", scope.condition("started_at"))
    return text.replace("{letters_filter}", scope.condition("failed_at"))


def _duckdb(folder: str, scope: Scope) -> str:
    parts = ["SET TimeZone = 'UTC';"]
    for name, schema in (("executions", EXECUTIONS), ("dead_letters", DEAD_LETTERS), ("replays", REPLAYS)):
        parts.append(f"CREATE VIEW stored_{name} AS\n{_files(folder, name, schema)};")
    return "\n\n".join([*parts, views(scope)])


def newest_rows(places: Places, table: str, most: int) -> str:
    """The query for the newest rows of a table, to be run after the preamble."""
    if places.warehouse:
        source = f"`{places.warehouse.place(table)}`"
    else:
        folder = f"{places.folder}/rows/{table}"
        source = (
            _text(f"{folder}/*/*.parquet") if filesystem.match(folder, "*/*.parquet") else _text(f"{folder}/*/*.jsonl")
        )
    return (
        f"SELECT * FROM {source}\nWHERE execution_id IN (SELECT execution_id FROM newest_scrapes)\n"
        f"ORDER BY scraped_at DESC\nLIMIT {most};"
    )


def _files(folder: str, name: str, schema: pa.Schema) -> str:
    """Whatever files there are, and each column even where an older version did not write it."""
    nothing = ", ".join(f"NULL::{_TYPES[field.type]} AS {field.name}" for field in schema)
    parts = [f"SELECT {nothing} WHERE false"]
    if filesystem.match(f"{folder}/{name}", "*.parquet"):
        parts.append(f"SELECT * FROM read_parquet({_text(f'{folder}/{name}/*.parquet')}, union_by_name = true)")
    if filesystem.match(f"{folder}/{name}", "*.jsonl"):
        columns = ", ".join(f"{field.name}: {_text(_TYPES[field.type])}" for field in schema)
        parts.append(
            f"SELECT * FROM read_json({_text(f'{folder}/{name}/*.jsonl')}, format = 'newline_delimited', "
            f"columns = {{{columns}}})"
        )
    return "\nUNION ALL BY NAME\n".join(parts)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
