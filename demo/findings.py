"""Reads what a run of the demo left in its output folder, as anybody would: with pyarrow, from the Parquet files."""

import json
from collections.abc import Set
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from demo.expected import EXPECTED, Expected

__all__ = ["differences", "executions_since", "letters_of"]

Record = dict[str, Any]


def executions_since(output: Path, start: datetime) -> dict[str, Record]:
    """The execution rows of runs that started after `start`, by source."""
    found = _read(output / "executions", ds.field("started_at") >= start)
    return {record["source"]: record for record in found}


def letters_of(output: Path, execution: Record) -> list[Record]:
    """The dead letters of an execution."""
    return _read(output / "dead_letters", ds.field("execution_id") == execution["execution_id"])


def differences(output: Path, asked: Set[str], executions: dict[str, Record]) -> list[str]:
    """Where the outcome is not the intended one, a sentence each; none when all is as it should be.

    Args:
      asked: the sources that should have run.
    """
    found = [f"{name}: has no execution row" for name in asked - executions.keys()]
    found += [f"{name}: ran although nobody asked" for name in executions.keys() - asked]
    for name, execution in executions.items():
        if name in EXPECTED:
            found += [f"{name}: {text}" for text in _compare(output, EXPECTED[name], execution)]
    return found


def _compare(output: Path, expected: Expected, execution: Record) -> list[str]:
    letters = letters_of(output, execution)
    pairs = {
        "status": (expected.status, execution["status"]),
        "every request and item accounted for": (True, execution["holds"]),
        "rows": (expected.rows, execution["rows"]),
        "rows in the Parquet files": (expected.rows, _count_rows(output, expected.table, execution)),
        "dead letters by reason": (dict(expected.dead), json.loads(execution["dead_by_reason"])),
        "dead letters in the files": (sum(expected.dead.values()), len(letters)),
        "dead letters with a screenshot": (expected.pictured, sum(bool(letter["screenshot"]) for letter in letters)),
        "pages that came from a browser": (expected.rendered, execution["pages_rendered"]),
        "left out, by reason": (dict(expected.dropped), json.loads(execution["dropped_by_reason"])),
    }
    return [f"{what}: intended {want}, got {got}" for what, (want, got) in pairs.items() if want != got]


def _count_rows(output: Path, table: str, execution: Record) -> int:
    return len(_read(output / "rows" / table, ds.field("execution_id") == execution["execution_id"], ["execution_id"]))


def _read(folder: Path, where: ds.Expression, columns: list[str] | None = None) -> list[Record]:
    files = sorted(map(str, folder.rglob("*.parquet")))
    if not files:
        return []
    schema = pa.unify_schemas([pq.read_schema(file) for file in files])  # earlier versions had fewer columns
    records: list[Record] = ds.dataset(files, schema=schema).to_table(columns=columns, filter=where).to_pylist()
    return records
