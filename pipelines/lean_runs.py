"""Thousands of earlier runs in little memory, for a process that goes on for weeks: as it was read, one takes 9 KB."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from schemas.history import PastRun

__all__ = ["Same", "lean"]

_UNUSED: dict[str, Any] = {"skeleton": [], "sample": None}
_OFTEN_EQUAL = ("fields", "page_types", "dropped_by_reason", "drift", "params")


class Same:
    """Gives one object for all JSON values that are equal; nobody may change them."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def __call__(self, value: Any) -> Any:
        return self._known.setdefault(json.dumps(value), value)


def lean(runs: Sequence[PastRun], same: Same) -> list[PastRun]:
    """The runs of one source without what is in no history that begins now; what is equal in several is one object.

    A history has the last skeleton and sample of each page type (`schemas.history`), a tenth of a page each: those of a
    run that cannot count are in none, nor those before a well run that has them, with the same parameters.

    Args:
      runs: oldest first.
    """
    later: set[tuple[str, str]] = set()
    found = [_lean(run, later, same) for run in reversed(runs)]
    return found[::-1]


def _lean(run: PastRun, later: set[tuple[str, str]], same: Same) -> PastRun:
    """One of them.

    Args:
      later: (parameters, page type) of which a later run has all; is added to.
    """
    params = json.dumps(run.params, sort_keys=True)
    may_count = run.is_well or (run.condition == "degraded" and run.is_whole)
    types = dict(run.page_types)
    for name, kept in run.page_types.items():
        if not may_count or (params, name) in later:
            types[name] = {**kept, **_UNUSED}
        elif run.is_well and kept["skeleton"] and kept["sample"]:
            later.add((params, name))
    values = {name: same(types if name == "page_types" else getattr(run, name)) for name in _OFTEN_EQUAL}
    return dataclasses.replace(run, **values)
