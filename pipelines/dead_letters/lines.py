"""Failures as a person looks after them: one line each, however often the same has been tried again.

What is one line:
1. A letter's id is the same for the same failure (stage and reason) of the same request or item, in the execution
   where it died first, in each replay of that execution, and in each re-parse of its archive: that is one line, told by
   its newest letter.
2. A replay that fails for another reason (`timeout`, now `http_5xx`) writes a letter with another id. The line goes on
   as that one: the older letter is no line any more, `first_failed_at` stays that of the first.
3. Items that a replayed page brings and that are refused are failures of their own.
"""

import bisect
import dataclasses
import sys
from collections.abc import Iterator
from typing import Literal, get_args

import pyarrow as pa

from pipelines.stores.store import Store
from schemas.reasons import Drop

__all__ = ["STAGES", "STATUSES", "Line", "LineStatus", "Lines", "NoSuchLetter", "Replayed"]

LineStatus = Literal["open", "recovered", "failed_again", "dropped"]
STATUSES: tuple[LineStatus, ...] = get_args(LineStatus)
STAGES = ("scrape", "parse", "validate", "write")
"""Where a replay can put a letter back: those of events (`event`, `publish`) go another way."""
SHORTEST_ID = 8
_COLUMNS = (
    "letter_id", "stage", "reason", "source", "request_id", "item_number", "execution_id", "failed_at",
    "first_failed_at",
)  # fmt: skip


class NoSuchLetter(ValueError):
    """No letter, or more than one, has an id that begins so; the text says which there are."""


@dataclasses.dataclass(slots=True)
class Line:
    """One failure. Times in Unix microseconds.

    Attributes:
      execution_id: of the newest letter.
      executions: all in which there is a letter of it.
      item_number: None for a whole request.
    """

    letter_id: str
    stage: str
    reason: str
    source: str
    request_id: str
    item_number: int | None
    execution_id: str
    executions: tuple[str, ...]
    failed_at: int
    first_failed_at: int
    status: LineStatus = "open"

    @property
    def can_go_back(self) -> bool:
        """Whether a replay has a place for it, and it is not recovered."""
        return self.stage in STAGES and self.status != "recovered"


@dataclasses.dataclass(frozen=True, slots=True)
class Replayed:
    """One record of the table of replays; the time in Unix microseconds."""

    letter_id: str
    execution_id: str
    replayed_at: int
    outcome: LineStatus
    new_letter_id: str
    reason: str


class Lines:
    """Every letter of a store by id, a few hundred bytes each; of the columns that hold pages and items, none is read.

    Attributes:
      by_id: all letters, also those whose line goes on as another one.
      replays: oldest first.
      roots: execution -> the one that fetched first, whose dead letters it replayed or whose archive it parsed again.
      runs: execution -> its run; without replays that were stopped, which have not followed all that they fetched.
    """

    def __init__(self, store: Store) -> None:
        self.by_id: dict[str, Line] = {}
        self.roots: dict[str, str] = {}
        self.runs: dict[str, str] = {}
        rank = self._read_executions(store)
        for batch in store.letters(_COLUMNS):
            for line in _lines(batch):
                self._add(line, rank)
        self.replays = list(_replays(store))
        self._next: dict[str, str] = {}
        for one in self.replays:
            self._follow(one)
        for old in list(self._next):
            self._hand_over(self.by_id[old], self.current(old))
        self._ids = sorted(self.by_id)

    def __iter__(self) -> Iterator[Line]:
        """The lines, in no order."""
        return (line for line in self.by_id.values() if line.letter_id not in self._next)

    def current(self, letter_id: str) -> Line:
        """The line that a letter belongs to."""
        while letter_id in self._next:
            letter_id = self._next[letter_id]
        return self.by_id[letter_id]

    def short(self, letter_id: str) -> str:
        """The shortest beginning of an id that no other letter's id has, of SHORTEST_ID digits at least."""
        at = bisect.bisect_left(self._ids, letter_id)
        near = [self._ids[other] for other in (at - 1, at + 1) if 0 <= other < len(self._ids)]
        shared = max((_shared(letter_id, other) for other in near), default=0)
        return letter_id[: max(SHORTEST_ID, shared + 1)]

    def find(self, prefix: str) -> Line:
        """The letter whose id begins so.

        Raises:
          NoSuchLetter
        """
        prefix = prefix.lower()
        first = bisect.bisect_left(self._ids, prefix)
        found = self._ids[first : bisect.bisect_left(self._ids, f"{prefix}~")] if prefix else []
        if not found:
            raise NoSuchLetter(f"no dead letter has an id that begins with {prefix!r}")
        if len(found) > 1 and found[0] != prefix:
            few = ", ".join(found[:4]) + (", ..." if len(found) > 4 else "")
            raise NoSuchLetter(f"{len(found)} dead letters have an id that begins with {prefix!r}: {few}")
        return self.by_id[found[0]]

    def _read_executions(self, store: Store) -> dict[str, int]:
        """Fills roots and runs; gives each execution's place in time."""
        columns = ["execution_id", "run_id", "replay_of", "reparse_of", "started_at", "dropped_by_reason"]
        of: dict[str, str] = {}
        for one in store.executions(columns=columns).to_pylist():
            execution_id = one["execution_id"]
            if not (one["replay_of"] and Drop.CANCELLED in (one["dropped_by_reason"] or "")):
                self.runs[execution_id] = one["run_id"]
            of[execution_id] = one["replay_of"] or one["reparse_of"] or ""
        for execution_id in of:
            root, seen = execution_id, {execution_id}
            while of.get(root) and of[root] not in seen:
                root = of[root]
                seen.add(root)
            self.roots[execution_id] = root
        return {execution_id: place for place, execution_id in enumerate(of)}

    def _add(self, line: Line, rank: dict[str, int]) -> None:
        known = self.by_id.get(line.letter_id)
        if known is None:
            self.by_id[line.letter_id] = line
            return
        first = min(known.first_failed_at, line.first_failed_at)
        executions = (*known.executions, *(one for one in line.executions if one not in known.executions))
        place, known_place = rank.get(line.execution_id, -1), rank.get(known.execution_id, -1)
        newer = line if (place, line.failed_at) > (known_place, known.failed_at) else known
        newer.first_failed_at, newer.executions = first, executions
        self.by_id[line.letter_id] = newer

    def _follow(self, one: Replayed) -> None:
        """Takes in one replay; what comes later counts."""
        if (line := self.by_id.get(one.letter_id)) is None:
            return
        line.status = one.outcome
        after = self.by_id.get(one.new_letter_id)
        if one.outcome != "failed_again" or after is None:
            return
        after.status = "failed_again"
        if after is not line:
            self._next.pop(after.letter_id, None)
            self._next[line.letter_id] = after.letter_id

    @staticmethod
    def _hand_over(old: Line, line: Line) -> None:
        line.first_failed_at = min(line.first_failed_at, old.first_failed_at)
        line.executions += tuple(one for one in old.executions if one not in line.executions)


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _lines(batch: pa.RecordBatch) -> Iterator[Line]:
    columns = []
    for name in _COLUMNS:
        column = batch.column(name)
        columns.append((column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column).to_pylist())
    for letter_id, stage, reason, source, request_id, number, execution_id, failed, first in zip(*columns, strict=True):
        execution = sys.intern(execution_id or "")
        yield Line(
            letter_id,
            sys.intern(stage or ""),
            sys.intern(reason or ""),
            sys.intern(source or ""),
            request_id or "",
            number,
            execution,
            (execution,),
            failed or 0,
            first or failed or 0,
        )


def _replays(store: Store) -> Iterator[Replayed]:
    table = store.replays()
    times = table.column("replayed_at").cast(pa.int64()).to_pylist()
    for record, replayed_at in zip(table.to_pylist(), times, strict=True):
        yield Replayed(
            record["letter_id"],
            record["execution_id"],
            replayed_at or 0,
            record["outcome"],
            record["new_letter_id"] or "",
            record["reason"] or "",
        )
