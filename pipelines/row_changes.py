"""What rows that were made again say otherwise than those that are there."""

import contextlib
import dataclasses
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import orjson

from pipelines.compared_rows import ComparedRows
from pipelines.row_heads import BUCKETS, SIDES, RowHeads, bucket_of
from schemas.arrow import PROVENANCE, provenance_names
from schemas.table import Table

__all__ = ["FieldChanges", "Sample", "TableChanges", "changes_of"]

SAMPLES = 3

Row = dict[str, Any]


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
    there: ComparedRows,
    made: ComparedRows,
    tables: Mapping[str, Table],
    *,
    since: float = float("-inf"),
    until: float = float("inf"),
) -> list[TableChanges]:
    """Compares rows; in memory are never more than a few thousand of them and the identities of a 64th.

    Args:
      there, made: the rows before and after; the newest of each row_key counts.
      since, until: of the pages that were parsed again, Unix seconds.
    """
    found = []
    for name in sorted({*there.tables(), *made.tables()}):
        names = provenance_names(tables[name]) if name in tables else {one: one for one, _, _ in PROVENANCE}
        changes = TableChanges(name)
        with tempfile.TemporaryDirectory() as folder, _Rows(Path(folder), names) as differing:
            _compare_heads(Path(folder), (there, made), changes, differing, since, until)
            for side, rows in enumerate((there, made)):
                if differing.wants(side):
                    for some in rows.read(name, names, whole=True):
                        differing.add(side, some.keys, some.ids, some.lines)
            differing.compare(changes)
        if changes.before or changes.after:
            found.append(changes)
    return found


def _compare_heads(
    folder: Path,
    sides: tuple[ComparedRows, ComparedRows],
    changes: TableChanges,
    differing: "_Rows",
    since: float,
    until: float,
) -> None:
    with RowHeads(folder) as heads:
        for side, rows in enumerate(sides):
            for some in rows.read(changes.table, differing.names, whole=False):
                heads.add(side, some, (some.scraped_at >= since) & (some.scraped_at < until))
        for one in heads.differences():
            changes.before += one.before
            changes.after += one.after
            changes.lost += len(one.lost)
            changes.added += len(one.added)
            differing.want(0, "lost", one.lost[:SAMPLES])
            differing.want(1, "added", one.added[:SAMPLES])
            _, old, new = one.changed
            differing.want(0, "changed", old)
            differing.want(1, "changed", new)


class _Rows(contextlib.ExitStack):
    """The rows that must be looked into, before (side 0) and after (side 1), as JSON in files by their keys.

    Which ones these are stands in files, too: 8 bytes a row.
    """

    def __init__(self, folder: Path, names: Mapping[str, str]) -> None:
        super().__init__()
        self.names = names
        self._provenance = frozenset(names.values())
        self._folder = folder
        self._lone: list[dict[int, str]] = [{}, {}]  # samples of rows that only one side has: id -> lost, added
        self._wanted = [np.array([], "u8"), np.array([], "u8")]
        self._lone_counts = {"lost": 0, "added": 0}

    def __enter__(self) -> Self:
        self._lists = [self.enter_context((self._folder / f"wanted-{side}").open("w+b")) for side in SIDES]
        self._files = [self.enter_context((self._folder / f"rows-{number}").open("w+b")) for number in range(BUCKETS)]
        return self

    def want(self, side: int, kind: str, ids: np.ndarray) -> None:
        """These rows must be looked into; of lost and added ones only a few."""
        if kind in self._lone_counts:
            ids = ids[: SAMPLES - self._lone_counts[kind]]
            self._lone_counts[kind] += len(ids)
            self._lone[side] |= dict.fromkeys(ids.tolist(), kind)
        self._lists[side].write(ids.tobytes())

    def wants(self, side: int) -> bool:
        """Whether any of them is on this side; from now on `add` knows which."""
        self._lists[side].flush()
        if not self._lists[side].tell():
            return False
        wanted = np.memmap(self._folder / f"wanted-{side}", "u8", "r+")
        wanted.sort()
        self._wanted[side] = wanted
        return True

    def add(self, side: int, keys: np.ndarray, ids: np.ndarray, lines: Any) -> None:
        """Takes those of some rows that must be looked into."""
        wanted = self._wanted[side]
        at = np.minimum(np.searchsorted(wanted, ids), len(wanted) - 1)
        chosen = wanted[at] == ids
        if not chosen.any():
            return
        heads = zip(bucket_of(keys[chosen]).tolist(), keys[chosen].tolist(), ids[chosen].tolist(), strict=True)
        for (bucket, key, row_id), line in zip(heads, lines(chosen), strict=True):
            self._files[bucket].write(b"%d %d %d %b\n" % (side, key, row_id, line))

    def compare(self, changes: TableChanges) -> None:
        """What changed in which fields."""
        for file in self._files:
            file.seek(0)
            kept: tuple[dict[int, bytes], ...] = ({}, {})
            for text in file:
                side, key, row_id, line = text.split(b" ", 3)
                kind = self._lone[int(side)].pop(int(row_id), "")
                if kind:
                    row = orjson.loads(line)
                    changes.sample(kind, self._url(row), dict(self._values(row)))
                else:
                    kept[int(side)][int(key)] = line
            for number, line in kept[0].items():
                if number in kept[1]:
                    self._compare_row(changes, orjson.loads(line), orjson.loads(kept[1][number]))

    def _compare_row(self, changes: TableChanges, old: Row, new: Row) -> None:
        differing = {
            name: (old.get(name), value)
            for name, value in new.items()
            if old.get(name) != value and name not in self._provenance
        }
        for name, value in old.items():
            if value is not None and name not in new and name not in self._provenance:
                differing[name] = value, None
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
        return str(row[self.names["url"]])

    def _values(self, row: Row) -> Iterator[tuple[str, Any]]:
        return ((name, value) for name, value in row.items() if name not in self._provenance)
