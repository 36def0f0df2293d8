"""Rows before and after, brought together by their keys on disk and compared column by column.

Each value is its JSON text, so that rows of Parquet files, JSON lines and a warehouse can be compared.
"""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.compared_rows import Some
from pipelines.row_heads import BUCKETS, SIDES, bucket_of

__all__ = ["ChangedRows", "Pair", "differences", "values_of"]

_KEY, _ID = "\0key", "\0id"  # columns beside the rows' own, under names that none of these has

Pair = tuple[pa.Table, pa.Table]
"""Rows of the same keys before and after, in the same order."""


class ChangedRows(contextlib.ExitStack):
    """The rows that must be looked into, before (side 0) and after (side 1), in files by their keys.

    Which ones these are stands in files, too: 8 bytes a row.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._wanted = [np.array([], "u8"), np.array([], "u8")]

    def __enter__(self) -> Self:
        self._lists = [self._open(f"wanted-{side}") for side in SIDES]
        self._files = [[self._open(f"rows-{side}-{number}") for number in range(BUCKETS)] for side in SIDES]
        return self

    def _open(self, name: str) -> BinaryIO:
        return self.enter_context((self._folder / name).open("w+b"))

    def want(self, side: int, ids: np.ndarray) -> None:
        """These rows must be looked into."""
        self._lists[side].write(ids.tobytes())

    def wants(self, side: int) -> bool:
        """Whether any of them is on this side; from now on `add` knows which."""
        self._lists[side].flush()
        if not self._lists[side].tell():
            return False
        wanted = np.memmap(self._folder / f"wanted-{side}", "u8", "r+")
        wanted.sort()
        self._wanted[side] = np.asarray(wanted)
        return True

    def add(self, side: int, some: Some) -> None:
        """Takes those of some rows that must be looked into."""
        wanted = self._wanted[side]
        chosen = wanted[np.minimum(np.searchsorted(wanted, some.ids), len(wanted) - 1)] == some.ids
        if not chosen.any():
            return
        keys, texts = some.keys[chosen], some.texts(chosen)
        rows = texts.append_column(_KEY, pa.array(keys)).append_column(_ID, pa.array(some.ids[chosen]))
        order = np.argsort(keys, kind="stable")
        rows = rows.take(pa.array(order))
        ends = np.searchsorted(bucket_of(keys[order]), np.arange(BUCKETS + 1))
        for number in range(BUCKETS):
            if ends[number] < ends[number + 1]:
                with pa.ipc.new_stream(self._files[side][number], rows.schema) as stream:
                    stream.write(rows.slice(ends[number], ends[number + 1] - ends[number]))

    def pairs(self) -> Iterator[Pair]:
        """Bucket by bucket the rows that both sides have."""
        for number in range(BUCKETS):
            old, new = (_read(self._files[side][number]) for side in SIDES)
            if old is None or new is None:
                continue
            _, in_old, in_new = np.intersect1d(old[_KEY].to_numpy(), new[_KEY].to_numpy(), return_indices=True)
            if len(in_old):
                yield old.take(pa.array(in_old)), new.take(pa.array(in_new))

    def find(self, side: int, ids: Mapping[int, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Some of the rows by their ids, as JSON has them."""
        left = set(ids)
        for file in self._files[side]:
            rows = _read(file) if left else None
            if rows is None:
                continue
            for number, row_id in enumerate(rows[_ID].to_pylist()):
                if row_id in left:
                    left.discard(row_id)
                    yield row_id, values_of(rows, number)


def _read(file: BinaryIO) -> pa.Table | None:
    """What was written to a file, null where a part of it lacks a column; None for nothing."""
    size = file.seek(0, 2)
    file.seek(0)
    parts = []
    while file.tell() < size:
        parts.append(pa.ipc.open_stream(file).read_all())
    return pa.concat_tables(parts, promote_options="default") if parts else None


def differences(pair: Pair, without: frozenset[str]) -> Iterator[tuple[str, np.ndarray, np.ndarray, np.ndarray]]:
    """Column -> in which rows it has another value, has one where it had none, has none where it had one.

    Args:
      without: columns that are not compared.
    """
    old_rows, new_rows = pair
    for name in dict.fromkeys([*new_rows.column_names, *old_rows.column_names]):
        if name in without or name in (_KEY, _ID):
            continue
        old, new = _texts(old_rows, name), _texts(new_rows, name)
        was, is_now = (np.asarray(pc.is_valid(texts)) for texts in (old, new))
        changed = np.asarray(pc.fill_null(pc.not_equal(old, new), False))
        yield name, changed, ~was & is_now, was & ~is_now


def values_of(rows: pa.Table, number: int) -> dict[str, Any]:
    """One row's values, without those that are null."""
    [row] = rows.slice(number, 1).to_pylist()
    return {name: orjson.loads(text) for name, text in row.items() if text is not None and name not in (_KEY, _ID)}


def _texts(rows: pa.Table, name: str) -> Any:
    return rows[name] if name in rows.column_names else pa.nulls(len(rows), pa.string())
