"""What a store has, as tables and views of an in-process DuckDB: every number of a report is the answer to a query."""

import dataclasses
import importlib.resources
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.report.scope import Scope
from pipelines.stores.store import Store
from schemas.dead_letter_table import DEAD_LETTER_SCHEMA
from schemas.execution import EXECUTION_SCHEMA
from schemas.replay_table import REPLAY_SCHEMA

__all__ = ["DEAD_LETTERS", "EXECUTIONS", "REPLAYS", "Answer", "ask", "open_tables", "sql_text", "views"]


def _columns(schema: pa.Schema, names: str) -> pa.Schema:
    return pa.schema([schema.field(name) for name in names.split()])


EXECUTIONS = _columns(
    EXECUTION_SCHEMA,
    "execution_id run_id source status condition reasons attempt started_at ended_at pages record_count dead_letters "
    "dropped retries bytes fetch_secs pages_rendered browser_secs coverage fields page_types hosts drift "
    "limited_to replay_of reparse_of",
)
DEAD_LETTERS = _columns(
    DEAD_LETTER_SCHEMA,
    "letter_id stage reason message problems source page_type url item_number status attempts execution_id "
    "archive_file archive_offset screenshot screenshot_offset failed_at",
)
REPLAYS = _columns(REPLAY_SCHEMA, "letter_id replayed_at outcome new_letter_id")

_ALONE: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": "2GB",
    "threads": "2",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave.

    Attributes:
      why: the comment that the query begins with.
      sql: its text, without that.
    """

    name: str
    why: str
    sql: str
    columns: tuple[str, ...]
    rows: list[dict[str, Any]]


def open_tables(store: Store, scope: Scope) -> duckdb.DuckDBPyConnection:
    """The tables `stored_*` and the views over them. It reads no file and no network by itself."""
    connection = duckdb.connect(":memory:", config=_ALONE)
    connection.execute("SET TimeZone = 'UTC'")
    letters = pa.RecordBatchReader.from_batches(DEAD_LETTERS, store.letters(DEAD_LETTERS.names))
    for name, records in (
        ("stored_executions", store.executions(EXECUTIONS.names).select(EXECUTIONS.names)),
        ("stored_dead_letters", letters),
        ("stored_replays", store.replays().select(REPLAYS.names)),
    ):
        connection.register("arriving", records)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")
        connection.unregister("arriving")
    connection.execute(views(scope))
    return connection


def views(scope: Scope) -> str:
    """The views as DuckDB's SQL, limited to the scope."""
    text = sql_text("views_duckdb").replace("{executions_filter}", scope.condition("started_at"))
    return text.replace("{letters_filter}", scope.condition("failed_at AT TIME ZONE 'UTC'"))


def ask(connection: duckdb.DuckDBPyConnection, name: str) -> Answer:
    """Answers the query of the file `sql/NAME.sql`."""
    lines = sql_text(name).strip().splitlines()
    comment = [line.removeprefix("-- ") for line in lines if line.startswith("-- ")]
    sql = "\n".join(line for line in lines if not line.startswith("-- "))
    found = connection.execute(sql)
    columns = tuple(column[0] for column in found.description)
    return Answer(
        name, " ".join(comment), sql, columns, [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    )


def sql_text(name: str) -> str:
    """The text of a file of queries."""
    return importlib.resources.files("pipelines.report").joinpath("sql", f"{name}.sql").read_text("utf-8")
