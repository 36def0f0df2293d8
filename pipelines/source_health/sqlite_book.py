"""Decisions in an SQLite file, and what the processes of one machine must not do twice."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from pipelines.source_health.book import Book
from pipelines.source_health.sqlite_file import transaction
from schemas.decision import Decision

__all__ = ["PROBE_SECS", "SqliteBook"]

PROBE_SECS = 2 * 3600.0
"""After which a probe that never ended (its machine died) does not keep the next one from starting."""


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
        with transaction(self._path) as database:
            database.row_factory = sqlite3.Row
            rows = database.execute("SELECT * FROM decisions ORDER BY decided_at, decision_id").fetchall()
        return [Decision.of_record(dict(row)) for row in rows]

    def add(self, decisions: Sequence[Decision]) -> None:
        names = ("decision_id", "source", "action", "decided_at", "decided_by", "because")
        with transaction(self._path) as database:
            database.executemany(
                f"INSERT OR IGNORE INTO decisions ({', '.join(names)}) VALUES (:{', :'.join(names)})",
                [one.record() for one in decisions],
            )

    def last_ticks(self) -> dict[str, float]:
        """Source -> the last tick of its schedule that was fired, Unix seconds."""
        if not self._path.exists():
            return {}
        with transaction(self._path) as database:
            rows = database.execute("SELECT source, MAX(tick) FROM ticks GROUP BY source").fetchall()
        return {source: float(tick) for source, tick in rows}

    def claim_tick(self, source: str, tick: float, now: float) -> bool:
        """Notes that a tick is fired; False when somebody has done so before."""
        with transaction(self._path) as database:
            done = database.execute("INSERT OR IGNORE INTO ticks VALUES (?, ?, ?)", (source, int(tick), now))
        return done.rowcount == 1

    def release_probe(self, source: str, by: str) -> None:
        """Has the next one try a source, if this run was to."""
        if self._path.exists():
            with transaction(self._path) as database:
                database.execute("DELETE FROM probes WHERE source = ? AND begun_by = ?", (source, by))

    def claim_probe(self, source: str, backoff_until: float, now: float, by: str) -> bool:
        """Notes that a run tries a source whose backoff has ended; False when another is at it.

        Args:
          by: the run; the same one may ask again.
        """
        with transaction(self._path) as database:
            done = database.execute(
                "INSERT INTO probes VALUES (?, ?, ?, ?) ON CONFLICT (source) DO UPDATE SET "
                "backoff_until = excluded.backoff_until, begun_at = excluded.begun_at, begun_by = excluded.begun_by "
                "WHERE probes.backoff_until <> excluded.backoff_until OR probes.begun_by = excluded.begun_by "
                "OR probes.begun_at <= ?",
                (source, backoff_until, now, by, now - PROBE_SECS),
            )
        return done.rowcount == 1
