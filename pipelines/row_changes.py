"""What rows that were made again say otherwise than those that are there."""

import dataclasses
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.changed_rows import ChangedRows, differences, values_of
from pipelines.compared_rows import ComparedRows
from pipelines.row_heads import RowHeads
from schemas.arrow import PROVENANCE, provenance_names
from schemas.table import Table

__all__ = ["FieldChanges", "Sample", "TableChanges", "changes_of"]

SAMPLES = 3


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
        with tempfile.TemporaryDirectory() as folder, ChangedRows(Path(folder)) as differing:
            lone = _compare_heads(Path(folder), (there, made), names, changes, differing, since, until)
            for side, rows in enumerate((there, made)):
                if differing.wants(side):
                    for some in rows.read(name, names, whole=True):
                        differing.add(side, some)
            _compare(changes, differing, names["url"])
            for side, kind in enumerate(("lost", "added")):
                for _, values in differing.find(side, lone[side]):
                    changes.sample(kind, str(values.pop(names["url"], "")), values)
        if changes.before or changes.after:
            found.append(changes)
    return found


def _compare_heads(
    folder: Path,
    sides: tuple[ComparedRows, ComparedRows],
    names: Mapping[str, str],
    changes: TableChanges,
    differing: ChangedRows,
    since: float,
    until: float,
) -> tuple[dict[int, None], dict[int, None]]:
    """Counts what the identities tell, asks for the rows that must be looked into; gives a few lost and added ones."""
    lone: tuple[dict[int, None], dict[int, None]] = ({}, {})
    with RowHeads(folder) as heads:
        for side, rows in enumerate(sides):
            for some in rows.read(changes.table, names, whole=False):
                heads.add(side, some, (some.scraped_at >= since) & (some.scraped_at < until))
        for one in heads.differences():
            changes.before += one.before
            changes.after += one.after
            changes.lost += len(one.lost)
            changes.added += len(one.added)
            for side, ids in enumerate((one.lost, one.added)):
                few = ids[: SAMPLES - len(lone[side])]
                lone[side].update(dict.fromkeys(few.tolist()))
                differing.want(side, few)
                differing.want(side, one.changed[side + 1])
    return lone


def _compare(changes: TableChanges, differing: ChangedRows, url: str) -> None:
    """What changed in which fields."""
    for pair in differing.pairs():
        rows = np.zeros(len(pair[0]), bool)
        for name, changed, filled, emptied in differences(pair, frozenset({url})):
            differ = changed | filled | emptied
            if differ.any():
                field = changes.fields.setdefault(name, FieldChanges())
                field.changed += int(changed.sum())
                field.filled += int(filled.sum())
                field.emptied += int(emptied.sum())
                rows |= differ
        changes.changed += int(rows.sum())
        for number in np.flatnonzero(rows)[: SAMPLES - len(changes.samples.get("changed", ()))]:
            old, new = (values_of(side, int(number)) for side in pair)
            fields = {name: (old.get(name), new.get(name)) for name in {**new, **old} if name != url}
            changes.sample("changed", str(new[url]), {name: two for name, two in fields.items() if two[0] != two[1]})
