"""Places in files, found by a number: made and kept on disk, so that their count fills no memory."""

from array import array
from pathlib import Path
from typing import Self

import numpy as np

__all__ = ["Sorted", "Unsorted"]

BUCKETS = 64
"""Numbers are sorted one 64th after the other, by their first bits."""
IN_MEMORY = 20_000

_ENTRY = np.dtype([("number", "u8"), ("date", "f8"), ("place", "i8"), ("offset", "i8")])


class Unsorted:
    """Takes numbers in any order.

    Args:
      folder, name: of the files.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._numbers, self._dates, self._places = array("Q"), array("d"), array("q")

    def add(self, number: int, date: float, place: int, offset: int) -> None:
        """Takes one: 64 bits, Unix seconds, the number of a file, and bytes in it."""
        self._numbers.append(number)
        self._dates.append(date)
        self._places.extend((place, offset))
        if len(self._numbers) >= IN_MEMORY:
            self._write()

    def sort(self) -> None:
        """Makes the files that `Sorted` opens, by number and then by date."""
        self._write()
        numbers, places = (self._folder / f"{self._name}.{part}" for part in ("numbers", "places"))
        with numbers.open("wb") as to_numbers, places.open("wb") as to_places:
            for path in filter(Path.exists, map(self._bucket, range(BUCKETS))):
                entries = np.fromfile(path, _ENTRY)
                entries = entries[np.lexsort((entries["date"], entries["number"]))]
                to_numbers.write(entries["number"].tobytes())
                to_places.write(np.stack((entries["place"], entries["offset"]), axis=1).tobytes())
                path.unlink()

    def _write(self) -> None:
        entries = np.empty(len(self._numbers), _ENTRY)
        entries["number"], entries["date"] = self._numbers, self._dates
        entries["place"], entries["offset"] = self._places[::2], self._places[1::2]
        entries = entries[np.argsort(entries["number"], kind="stable")]
        ends = np.searchsorted(entries["number"] >> np.uint64(58), np.arange(BUCKETS + 1, dtype="u8"))
        for bucket in range(BUCKETS):
            if ends[bucket] < ends[bucket + 1]:
                with self._bucket(bucket).open("ab") as file:
                    file.write(entries[ends[bucket] : ends[bucket + 1]].tobytes())
        self._numbers, self._dates, self._places = array("Q"), array("d"), array("q")

    def _bucket(self, number: int) -> Path:
        return self._folder / f"{self._name}.{number}"


class Sorted:
    """Finds the places of a number.

    Args:
      numbers: ascending.
      places: (number of a file, offset) of each.
    """

    def __init__(self, numbers: np.ndarray, places: np.ndarray) -> None:
        self._numbers, self._places = numbers, places

    @classmethod
    def opened(cls, folder: Path, name: str) -> Self:
        """What `Unsorted` of this folder and name made."""
        numbers, places = folder / f"{name}.numbers", folder / f"{name}.places"
        if not numbers.stat().st_size:  # an empty file cannot be mapped
            return cls(np.array([], "u8"), np.empty((0, 2), "i8"))
        mapped = np.memmap(numbers, "u8", "r"), np.memmap(places, "i8", "r").reshape(-1, 2)
        return cls(*map(np.asarray, mapped))  # the same memory; a slice of a memmap costs ten times as much

    def has(self, number: int) -> bool:
        """Whether it is there."""
        at = int(self._numbers.searchsorted(np.uint64(number)))
        return at < len(self._numbers) and int(self._numbers[at]) == number

    def find(self, number: int) -> np.ndarray:
        """(number of a file, offset) of all its places, oldest first."""
        wanted = np.uint64(number)
        first = last = int(self._numbers.searchsorted(wanted))
        while last < len(self._numbers) and self._numbers[last] == wanted:
            last += 1
        return self._places[first:last]
