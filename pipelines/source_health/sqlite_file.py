"""The SQLite file of an output: what is known of its sources, for any number of processes at once."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

__all__ = ["transaction"]

BUSY_SECS = 30.0
"""That a process waits for others that write."""

_TABLES = (
    """CREATE TABLE IF NOT EXISTS decisions (
    decision_id TEXT PRIMARY KEY, source TEXT NOT NULL, action TEXT NOT NULL, decided_at INTEGER NOT NULL,
    decided_by TEXT NOT NULL, because TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS ticks (
    source TEXT NOT NULL, tick INTEGER NOT NULL, fired_at REAL NOT NULL, PRIMARY KEY (source, tick)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS probes (
    source TEXT PRIMARY KEY, backoff_until REAL NOT NULL, begun_at REAL NOT NULL, begun_by TEXT NOT NULL)
    WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS read_files (
    name TEXT PRIMARY KEY, stamp TEXT NOT NULL, records TEXT NOT NULL) WITHOUT ROWID""",
)


@contextlib.contextmanager
def transaction(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection for one transaction, on which others wait; an error undoes it. The file is made when it is missing.

    None is kept open: a fork must not carry one along.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, timeout=BUSY_SECS, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("BEGIN IMMEDIATE")
        for statement in _TABLES:
            database.execute(statement)
        yield database
        database.execute("COMMIT")
    finally:
        database.close()
