"""Which rows are new, lost or other than they were, told by their identities alone: no row is looked into."""

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np

from pipelines.compared_rows import Some

__all__ = ["BUCKETS", "Difference", "RowHeads", "bucket_of"]

BUCKETS = 64
"""Rows are compared one bucket of their keys after the other, on disk: memory holds 1/64 of their identities."""
SIDES = (0, 1)
"""Before, after."""

_HEAD = np.dtype([("key", "u8"), ("id", "u8"), ("at", "f8"), ("rank", "f8")])


def bucket_of(keys: np.ndarray) -> np.ndarray:
    """The number of each key's bucket."""
    return (keys >> np.uint64(58)).astype("i8")


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """What differs in one bucket, in newest rows by key.

    Attributes:
      before, after: how many rows.
      lost, added: `id` of rows whose key the other side lacks.
      changed: pairs (key, id before, id after).
    """

    before: int
    after: int
    lost: np.ndarray
    added: np.ndarray
    changed: tuple[np.ndarray, np.ndarray, np.ndarray]


class RowHeads(contextlib.ExitStack):
    """The identities of rows before (side 0) and after (side 1): 32 bytes a row, in files."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._files: dict[tuple[int, int], BinaryIO] = {}

    def __enter__(self) -> Self:
        for side in SIDES:
            for number in range(BUCKETS):
                file = (self._folder / f"heads-{side}-{number}").open("w+b")
                self._files[side, number] = self.enter_context(file)
        return self

    def add(self, side: int, some: Some, chosen: np.ndarray) -> None:
        """Takes the chosen ones (a mask) of these rows."""
        heads = np.empty(int(chosen.sum()), _HEAD)
        for name, values in (("key", some.keys), ("id", some.ids), ("at", some.scraped_at), ("rank", some.ranks)):
            heads[name] = values[chosen]
        heads = heads[np.argsort(heads["key"], kind="stable")]
        ends = np.searchsorted(bucket_of(heads["key"]), np.arange(BUCKETS + 1))
        for number in range(BUCKETS):
            if ends[number] < ends[number + 1]:
                self._files[side, number].write(heads[ends[number] : ends[number + 1]].tobytes())

    def differences(self) -> Iterator[Difference]:
        """Bucket by bucket."""
        for number in range(BUCKETS):
            yield _compared(*(self._newest(side, number) for side in SIDES))

    def _newest(self, side: int, number: int) -> np.ndarray:
        """The newest row of each key, by key; of two that are equally new the one that was added last."""
        file = self._files[side, number]
        file.seek(0)
        heads = np.frombuffer(file.read(), _HEAD)
        heads = heads[np.lexsort((heads["rank"], heads["at"], heads["key"]))]
        keys = heads["key"]
        return heads[np.append(keys[1:] != keys[:-1], True)] if len(heads) else heads


def _compared(old: np.ndarray, new: np.ndarray) -> Difference:
    _, in_old, in_new = np.intersect1d(old["key"], new["key"], assume_unique=True, return_indices=True)
    both_old, both_new = old[in_old], new[in_new]
    differ = both_old["id"] != both_new["id"]
    return Difference(
        len(old),
        len(new),
        np.delete(old, in_old)["id"],
        np.delete(new, in_new)["id"],
        (both_old["key"][differ], both_old["id"][differ], both_new["id"][differ]),
    )
