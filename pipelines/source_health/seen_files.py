"""Which files of a folder were there at the last look, for a folder that grows for years and a process of weeks."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Self

__all__ = ["File", "SeenFiles"]

File = tuple[str, str]
"""Name, and what changes with the file."""
RECENT_NS = 600 * 10**9
"""Within this time after it was written a file gets its name. One that gets it later is no less new, but all are then
looked at again."""


@dataclasses.dataclass(frozen=True, slots=True)
class SeenFiles:
    """The files of one look: a number for each of the last minutes, of all older ones together only a sum.

    Attributes:
      since_ns: older are those that were written before.
      older: sum of their numbers.
      recent: numbers of the others.
    """

    since_ns: int = 0
    older: int = 0
    recent: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        """Whether there were any."""
        return bool(self.older or self.recent)

    def look(self, files: Iterable[tuple[File, int]]) -> tuple[list[File], Self] | None:
        """Those that are new since, and all of this look; None when one of the old is gone, or another.

        Args:
          files: all that are there, and when each was written, in ns.
        """
        numbers: dict[int, int] = {}
        new: list[File] = []
        older = known = 0
        for file, written_ns in files:
            number = hash(file)
            if written_ns < self.since_ns:
                older += number
                continue
            numbers[number] = written_ns
            if number in self.recent:
                known += 1
            else:
                new.append(file)
        return (new, self._next(numbers)) if older == self.older and known == len(self.recent) else None

    def _next(self, numbers: Mapping[int, int]) -> Self:
        since_ns = max(self.since_ns, max(numbers.values(), default=0) - RECENT_NS)
        recent = frozenset(number for number, written_ns in numbers.items() if written_ns >= since_ns)
        older = self.older + sum(number for number in numbers if number not in recent)
        return dataclasses.replace(self, since_ns=since_ns, older=older, recent=recent)
