"""What rows that were made again say otherwise than those that are there."""

import contextlib
import dataclasses
import datetime
import itertools
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from pipelines.stored_records import read_json_lines, read_records
from schemas.arrow import PROVENANCE, provenance_names
from schemas.table import Table
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["FieldChanges", "Sample", "TableChanges", "changes_of"]

BUCKETS = 64
"""Rows are compared one bucket of their keys after the other, on disk: memory holds 1/64 of the newest rows."""
SAMPLES = 3

Row = dict[str, Any]
_Newest = tuple[list[float], str, bytes]  # (scraped_at, end of its execution), row_id, the row as JSON


@dataclasses.dataclass(slots=True)
class FieldChanges:
    """In how many rows a field has another value, has one where it had none, has none where it had one."""

    changed: int = 0
    filled: int = 0
    emptied: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Sample:
    """One row: its fields, and for a changed one those that differ as (before, after)."""

    url: str
    fields: dict[str, Any]


@dataclasses.dataclass(slots=True)
class TableChanges:
    """What changed in one table, in newest rows by `row_key`.

    Attributes:
      samples: `added`, `lost`, `changed` -> a few.
    """

    table: str
    before: int = 0
    after: int = 0
    added: int = 0
    lost: int = 0
    changed: int = 0
    fields: dict[str, FieldChanges] = dataclasses.field(default_factory=dict)
    samples: dict[str, list[Sample]] = dataclasses.field(default_factory=dict)

    def sample(self, kind: str, url: str, fields: dict[str, Any]) -> None:
        """Keeps the first few."""
        kept = self.samples.setdefault(kind, [])
        if len(kept) < SAMPLES:
            kept.append(Sample(url, fields))


def changes_of(
    there: OutputLayout,
    made: OutputLayout,
    new_ids: Mapping[str, str],
    tables: Mapping[str, Table],
    *,
    since: float = float("-inf"),
    until: float = float("inf"),
) -> list[TableChanges]:
    """Compares with the rows of the same archived executions, as first scraped or as parsed again since.

    Args:
      there: where the rows are that are compared with.
      made: where the new ones are.
      new_ids: archived execution -> the one that parsed it again.
      since, until: of the pages that were parsed again, Unix seconds.
    """
    before = _earlier(there, new_ids)
    after = dict.fromkeys(new_ids.values(), 0.0)
    old_files, new_files = _by_table(there, before), _by_table(made, after)
    found = []
    for name in sorted(old_files.keys() | new_files.keys()):
        names = provenance_names(tables[name]) if name in tables else {one: one for one, _, _ in PROVENANCE}
        with tempfile.TemporaryDirectory() as folder, _Buckets(Path(folder), names) as buckets:
            for path, rank in old_files.get(name, []):
                buckets.add(0, path, rank, since, until)
            for path, rank in new_files.get(name, []):
                buckets.add(1, path, rank, since, until)
            found.append(buckets.compare(name))
    return found


def _earlier(there: OutputLayout, new_ids: Mapping[str, str]) -> dict[str, float]:
    """Executions whose rows are compared with -> when they ended; the later one's count, of rows of the same page."""
    ended: dict[str, float] = dict.fromkeys(new_ids, 0.0)
    ours = set(new_ids.values())
    for path in filesystem.match(there.executions, "*.*"):
        for execution in read_records(path):
            of = execution.get("reparse_of") or execution["execution_id"]
            if of in new_ids and execution["execution_id"] not in ours:
                ended[execution["execution_id"]] = _seconds(execution["ended_at"])
    return ended


def _by_table(layout: OutputLayout, executions: Mapping[str, float]) -> dict[str, list[tuple[str, float]]]:
    files: dict[str, list[tuple[str, float]]] = {}
    for execution_id, rank in executions.items():
        for path in filesystem.match(layout.rows, f"*/*/{execution_id}-a*"):
            files.setdefault(path.split("/")[-3], []).append((path, rank))
    return files


def _seconds(value: Any) -> float:
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value)
    return float(value.timestamp()) if isinstance(value, datetime.datetime) else float(value)


class _Buckets(contextlib.ExitStack):
    """Rows of one table, before (side 0) and after (1), in files by their keys."""

    def __init__(self, folder: Path, names: Mapping[str, str]) -> None:
        super().__init__()
        self._names = names
        self._provenance = frozenset(names.values())
        self._files = [self.enter_context((folder / str(number)).open("w+b")) for number in range(BUCKETS)]

    def add(self, side: int, path: str, rank: float, since: float, until: float) -> None:
        """Takes the rows of a file whose pages were fetched between these moments."""
        key, row_id, when = self._names["row_key"], self._names["row_id"], self._names["scraped_at"]
        for piece in read_json_lines(path):
            for line in piece.splitlines():
                row = orjson.loads(line)
                at = _seconds(row[when])
                if since <= at < until:
                    head = orjson.dumps([side, row[key], at, rank, row[row_id]])
                    self._files[int(row[key][:8], 16) % BUCKETS].write(b"%b\t%b\n" % (head, line))

    def compare(self, table: str) -> TableChanges:
        """What changed. Rows stay text until they differ."""
        changes = TableChanges(table)
        for file in self._files:
            file.seek(0)
            newest: tuple[dict[str, _Newest], ...] = ({}, {})
            for text in file:
                head, _, line = text.partition(b"\t")
                side, key, *order, row_id = orjson.loads(head)
                kept = newest[side].get(key)
                if kept is None or order >= kept[0]:
                    newest[side][key] = order, row_id, line
            self._compare(changes, *newest)
        return changes

    def _compare(self, changes: TableChanges, old: dict[str, _Newest], new: dict[str, _Newest]) -> None:
        changes.before += len(old)
        changes.after += len(new)
        changes.added += len(new.keys() - old.keys())
        changes.lost += len(old.keys() - new.keys())
        for kind, rows, others in (("added", new, old), ("lost", old, new)):
            for key in itertools.islice((key for key in rows if key not in others), SAMPLES):
                row = orjson.loads(rows[key][2])
                changes.sample(kind, self._url(row), dict(self._values(row)))
        for key, (_, row_id, line) in old.items():
            if key in new and new[key][1] != row_id:
                self._compare_row(changes, orjson.loads(line), orjson.loads(new[key][2]))

    def _compare_row(self, changes: TableChanges, old: Row, new: Row) -> None:
        before, after = dict(self._values(old)), dict(self._values(new))
        differing = {name: (before.get(name), after.get(name)) for name in {**after, **before}}
        differing = {name: pair for name, pair in differing.items() if pair[0] != pair[1]}
        if not differing:
            return
        changes.changed += 1
        changes.sample("changed", self._url(new), differing)
        for name, (was, is_now) in differing.items():
            field = changes.fields.setdefault(name, FieldChanges())
            if was is None:
                field.filled += 1
            elif is_now is None:
                field.emptied += 1
            else:
                field.changed += 1

    def _url(self, row: Row) -> str:
        return str(row[self._names["url"]])

    def _values(self, row: Row) -> Iterator[tuple[str, Any]]:
        return ((name, value) for name, value in row.items() if name not in self._provenance)
