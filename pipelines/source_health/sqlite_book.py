"""Decisions in an SQLite file, and what the processes of one machine must not do twice."""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipelines.source_health.book import Book
from schemas.decision import Decision

__all__ = ["PROBE_SECS", "SqliteBook"]

BUSY_SECS = 30.0
"""That a process waits for others that write."""
PROBE_SECS = 2 * 3600.0
"""After which a probe that never ended (its machine died) does not keep the next one from starting."""

_TABLES = """
CREATE TABLE IF NOT EXISTS decisions (
  decision_id TEXT PRIMARY KEY, source TEXT NOT NULL, action TEXT NOT NULL, decided_at INTEGER NOT NULL,
  decided_by TEXT NOT NULL, because TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ticks (
  source TEXT NOT NULL, tick INTEGER NOT NULL, fired_at REAL NOT NULL, PRIMARY KEY (source, tick)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS probes (
  source TEXT NOT NULL, backoff_until REAL NOT NULL, begun_at REAL NOT NULL, PRIMARY KEY (source)
) WITHOUT ROWID;
"""


class SqliteBook(Book):
    """A file that any number of processes read and write at once.

    Args:
      path: made when something is first written; until then it is empty.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def decisions(self) -> list[Decision]:
        if not self._path.exists():
            return []
        with self._open() as database:
            database.row_factory = sqlite3.Row
            rows = database.execute("SELECT * FROM decisions ORDER BY decided_at, decision_id").fetchall()
        return [Decision.of_record(dict(row)) for row in rows]

    def add(self, decisions: Sequence[Decision]) -> None:
        names = ("decision_id", "source", "action", "decided_at", "decided_by", "because")
        with self._open() as database:
            database.executemany(
                f"INSERT OR IGNORE INTO decisions ({', '.join(names)}) VALUES (:{', :'.join(names)})",
                [one.record() for one in decisions],
            )

    def last_ticks(self) -> dict[str, float]:
        """Source -> the last tick of its schedule that was fired, Unix seconds."""
        if not self._path.exists():
            return {}
        with self._open() as database:
            rows = database.execute("SELECT source, MAX(tick) FROM ticks GROUP BY source").fetchall()
        return {source: float(tick) for source, tick in rows}

    def claim_tick(self, source: str, tick: float, now: float) -> bool:
        """Notes that a tick is fired; False when somebody has done so before."""
        with self._open() as database:
            done = database.execute("INSERT OR IGNORE INTO ticks VALUES (?, ?, ?)", (source, int(tick), now))
        return done.rowcount == 1

    def claim_probe(self, source: str, backoff_until: float, now: float) -> bool:
        """Notes that a run tries a source whose backoff has ended; False when another is at it."""
        with self._open() as database:
            done = database.execute(
                "INSERT INTO probes VALUES (?, ?, ?) ON CONFLICT (source) DO UPDATE "
                "SET backoff_until = excluded.backoff_until, begun_at = excluded.begun_at "
                "WHERE probes.backoff_until <> excluded.backoff_until OR probes.begun_at <= ?",
                (source, backoff_until, now, now - PROBE_SECS),
            )
        return done.rowcount == 1

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection for one transaction, on which others wait. None is kept: a fork must not carry one along."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=BUSY_SECS, isolation_level=None)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("BEGIN IMMEDIATE")
            for statement in _TABLES.split(";")[:-1]:
                database.execute(statement)
            yield database
            database.execute("COMMIT")
        finally:
            database.close()  # what was not committed is undone
