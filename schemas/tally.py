"""The fold of an execution's outcomes: sums, and the sets whose equality proves that nothing was lost."""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np

from schemas.fetch_modes import FetchCounts
from schemas.host_use import HostUse
from schemas.outcome import Outcome
from schemas.page import Page
from schemas.page_type_counts import PageTypeCounts
from schemas.reading import FieldProblem

__all__ = ["Tally", "unaccounted"]

# 64 of an id's 96 bits: two of a million requests share them with a probability of 3 in 10^8.
_ID_HEX_DIGITS = 16
_ID_BYTES = _ID_HEX_DIGITS // 2
_FEW = 50
_INSIDE = re.compile(r"[.\[]")


@dataclasses.dataclass(slots=True)
class Tally:
    """What some of an execution's requests came to; tallies of one execution add up in any order.

    Ids are kept as sets, not as a number of outstanding requests: that closes too early when a child overtakes its
    parent.

    Attributes:
      known: first 8 bytes of the ids of all requests and specs that were planned or spawned, concatenated.
      ended: the same of all that ended.
      counts: requests, pages, items, rows, retries, bytes, ... by name.
      dead, dropped: by reason; requests and items together.
      notes: limits reached and remarks, how often each.
      fetched: page type -> how its requests were fetched.
      page_types: page type -> what its pages came to.
      hosts: registrable domain -> what was done to it.
      refused: field -> items that became no row because of it.
      fetch_secs, browser_secs: sums over requests.
    """

    known: bytearray = dataclasses.field(default_factory=bytearray)
    ended: bytearray = dataclasses.field(default_factory=bytearray)
    counts: Counter[str] = dataclasses.field(default_factory=Counter)
    dead: Counter[str] = dataclasses.field(default_factory=Counter)
    dropped: Counter[str] = dataclasses.field(default_factory=Counter)
    notes: Counter[str] = dataclasses.field(default_factory=Counter)
    fetched: dict[str, FetchCounts] = dataclasses.field(default_factory=dict)
    page_types: dict[str, PageTypeCounts] = dataclasses.field(default_factory=dict)
    hosts: dict[str, HostUse] = dataclasses.field(default_factory=dict)
    refused: Counter[str] = dataclasses.field(default_factory=Counter)
    fetch_secs: float = 0.0
    browser_secs: float = 0.0

    def __reduce__(self) -> tuple[Any, ...]:
        told = {name: value for name in _PARTS if (value := getattr(self, name))}
        return _tally, ({name: dict(value) if type(value) is Counter else value for name, value in told.items()},)

    def know(self, ids: Iterable[str]) -> None:
        """Notes requests that must end before the execution can close."""
        for one in ids:
            self.known += bytes.fromhex(one[:_ID_HEX_DIGITS])

    def end_ids(self, ids: Iterable[str]) -> None:
        """Notes ids that end without an outcome of their own."""
        for one in ids:
            self.ended += bytes.fromhex(one[:_ID_HEX_DIGITS])

    def end(self, outcome: Outcome, page: Page | None = None) -> None:
        """Adds how one request, or the expansion of one spec, ended.

        Args:
          page: the request's, archived.
        """
        self.know(outcome.spawned)
        self.notes.update(outcome.notes)
        for host, use in (outcome.hosts or {}).items():
            self.hosts.setdefault(host, HostUse()).add(use)
        if outcome.request_id:
            self.ended += bytes.fromhex(outcome.request_id[:_ID_HEX_DIGITS])
        if outcome.is_spec or not outcome.request_id:
            return
        counts = self.counts
        counts["requests"] += 1
        counts["retries"] += outcome.retries
        counts["bytes"] += outcome.bytes
        self.fetch_secs += outcome.fetch_secs
        self.browser_secs += outcome.browser_secs
        self.of_type(outcome.page_type).end(outcome, page)
        if outcome.end != "dropped" and not outcome.from_archive:
            self._fetched_of(outcome.page_type).count(outcome)
        if outcome.end == "pages":
            counts["pages"] += 1
            counts["pages_rendered"] += outcome.rendered
            counts["pages_from_archive"] += outcome.from_archive
        elif outcome.end == "dead":
            self.dead[outcome.reason] += 1
        else:
            self.dropped[outcome.reason] += 1

    def refuse(self, problems: Iterable[FieldProblem]) -> None:
        """Notes the fields for which one item became no row."""
        self.refused.update({_INSIDE.split(problem.field, maxsplit=1)[0] for problem in problems if problem.field})

    def add(self, other: Self) -> None:
        """Adds another tally of the same execution."""
        self.known += other.known
        self.ended += other.ended
        for name in ("counts", "dead", "dropped", "notes", "refused"):
            getattr(self, name).update(getattr(other, name))
        for page_type, fetched in other.fetched.items():
            self._fetched_of(page_type).add(fetched)
        for page_type, counts in other.page_types.items():
            self.of_type(page_type).add(counts)
        for host, use in other.hosts.items():
            self.hosts.setdefault(host, HostUse()).add(use)
        self.fetch_secs += other.fetch_secs
        self.browser_secs += other.browser_secs

    def of_type(self, page_type: str) -> PageTypeCounts:
        """What the pages of a type have come to so far."""
        counts = self.page_types.get(page_type)
        if counts is None:
            counts = self.page_types[page_type] = PageTypeCounts()
        return counts

    def _fetched_of(self, page_type: str) -> FetchCounts:
        counts = self.fetched.get(page_type)
        if counts is None:
            counts = self.fetched[page_type] = FetchCounts()
        return counts


_PARTS = tuple(field.name for field in dataclasses.fields(Tally))


def _tally(told: Mapping[str, Any]) -> Tally:
    """A tally that was pickled: without what is empty, which is most of it."""
    tally = Tally()
    for name, value in told.items():
        had = getattr(tally, name)
        if isinstance(had, Counter):
            had.update(value)
        else:
            setattr(tally, name, value)
    return tally


def unaccounted(tally: Tally) -> tuple[int, int]:
    """(requests known that never ended, requests ended that nobody knew): (0, 0) when nothing was lost."""
    if max(len(tally.known), len(tally.ended)) <= _FEW * _ID_BYTES:  # arrays cost more than a few ids
        known_ids, ended_ids = _few(tally.known), _few(tally.ended)
        return len(known_ids - ended_ids), len(ended_ids - known_ids)
    known = np.unique(np.frombuffer(bytes(tally.known), "<u8"))
    ended = np.unique(np.frombuffer(bytes(tally.ended), "<u8"))
    return len(np.setdiff1d(known, ended, assume_unique=True)), len(np.setdiff1d(ended, known, assume_unique=True))


def _few(ids: bytearray) -> set[bytes]:
    return {bytes(ids[at : at + _ID_BYTES]) for at in range(0, len(ids), _ID_BYTES)}
