"""What a source's runs have been like: the lowest that each field, its rows and its pages came to while all was well.

Which runs count:
1. Runs of the same source with the same parameters, neither limited (`--limit`, `--urls`), nor cancelled, nor a replay
   or a reparse; since `checks.compare_since`, where the source says so.
2. Of those the well ones: success or no_data, nothing lost, neither degraded nor blocked. All of the last 8 days, so
   that every weekday is among them, and in any case the last 10.
3. A degraded run does not count, so that no fall is taken for normal because it lasts. But one that got well by itself
   (a well run followed, and the source file had not changed) and that was at this hour a day or a week ago does count:
   what happens every Sunday is no fall.
"""

import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from schemas.reasons import Drop

__all__ = ["COLUMNS", "LEAST_RUNS", "History", "PastRun", "history_of"]

LEAST_RUNS = 10
DAYS = 8
FEW_ITEMS = 10
"""Of fewer than this, the shares of fields say nothing."""

_DAY_SECS = 86_400.0
_SAME_HOUR_SECS = 3_600.0
_CUT_SHORT = (Drop.CANCELLED, Drop.BACKOFF)
COLUMNS = (
    "execution_id", "source", "started_at", "status", "condition", "holds", "rows", "fields", "page_types",
    "dropped_by_reason", "drift", "params", "limited_to", "scraper_version", "reparse_of", "replay_of",
)  # fmt: skip
"""Of the execution log, that a PastRun is made of."""

Since = dict[str, Any]
Key = tuple[str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class PastRun:
    """One execution as the log has it. Attributes as in schemas.execution; `at`: Unix seconds when it started."""

    execution_id: str
    at: float
    status: str = "success"
    condition: str = ""
    holds: bool = True
    rows: int = 0
    fields: Mapping[str, Mapping[str, int]] = dataclasses.field(default_factory=dict)
    page_types: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    dropped_by_reason: Mapping[str, int] = dataclasses.field(default_factory=dict)
    drift: Sequence[Mapping[str, Any]] = ()
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    limited_to: str = ""
    scraper_version: str = ""

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Self:
        """Of a record of the execution log (COLUMNS); an older version's lacks some."""
        values: dict[str, Any] = {
            name: json.loads(record[name]) if record[name] else empty
            for name, empty in (
                ("fields", {}), ("page_types", {}), ("dropped_by_reason", {}), ("drift", ()), ("params", {}),
            )
        }  # fmt: skip
        for name in ("status", "condition", "limited_to", "scraper_version"):
            values[name] = sys.intern(record[name] or "")  # the same few in thousands of runs
        at = record["started_at"].timestamp()
        return cls(record["execution_id"], at, holds=bool(record["holds"]), rows=record["rows"] or 0, **values)

    @property
    def is_whole(self) -> bool:
        """Whether nothing kept it from all that the source has."""
        return not self.limited_to and not any(self.dropped_by_reason.get(reason) for reason in _CUT_SHORT)

    @property
    def is_well(self) -> bool:
        """Whether it shows what the source is like."""
        fine = self.status in ("success", "no_data") and self.condition not in ("degraded", "blocked")
        return fine and self.holds and self.is_whole

    def share(self, field: str) -> tuple[float, int] | None:
        """(share of the items that have it, items), those that were refused because of it included; None when there are
        fewer than FEW_ITEMS."""
        counts = self.fields.get(field)
        items = counts["rows"] + counts["refused"] if counts else 0
        return (counts["present"] / items, items) if counts and items >= FEW_ITEMS else None

    def falls(self) -> dict[Key, Since]:
        """What had fallen -> since when."""
        return {(one["what"], one["name"]): one["since"] for one in self.drift}

    def judged(self, key: Key) -> bool:
        """Whether it would have told if this had fallen."""
        what, name = key
        if what == "field":
            return self.share(name) is not None
        if what == "rows":
            return self.is_whole
        return bool(self.page_types.get(name, {}).get("pages"))


@dataclasses.dataclass(frozen=True, slots=True)
class History:
    """The lowest of the runs that count. Small, and JSON as `dataclasses.asdict` gives it.

    Attributes:
      runs: how many count.
      rows: the fewest rows of one; None without a run.
      fields: field -> `share`, the lowest; `items` of that run; `runs` that have the field and at least FEW_ITEMS.
      page_rows: page type -> `rate`, the fewest rows a page; `runs` that had such pages.
      likeness: page type -> the lowest that a skeleton had in common with the one before, of runs in which none
        changed; `runs`.
      skeletons: page type -> that of the last run.
      samples: page type -> a page of the last run that has one, with its `execution_id`.
      since: `what name` -> `execution_id` and `at` of the run in which what is fallen now began to be.
      scraper_version: of the last run that counts.
      read_on: field -> page type that it is read on.
    """

    runs: int = 0
    rows: int | None = None
    fields: Mapping[str, Mapping[str, float]] = dataclasses.field(default_factory=dict)
    page_rows: Mapping[str, Mapping[str, float]] = dataclasses.field(default_factory=dict)
    likeness: Mapping[str, Mapping[str, float]] = dataclasses.field(default_factory=dict)
    skeletons: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
    samples: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    since: Mapping[str, Since] = dataclasses.field(default_factory=dict)
    scraper_version: str = ""
    read_on: Mapping[str, str] = dataclasses.field(default_factory=dict)


def history_of(runs: Iterable[PastRun], now: float, read_on: Mapping[str, str]) -> History:
    """The history of a source for a run that starts now.

    Args:
      runs: earlier ones of the same source and parameters, in any order.
      now: Unix seconds.
    """
    earlier = sorted((run for run in runs if run.at < now), key=lambda run: run.at)
    counting = _counting(earlier, now)
    return History(
        runs=len(counting),
        rows=min((run.rows for run in counting), default=None),
        fields=_lowest_fields(counting),
        page_rows=_lowest_rates(counting),
        likeness=_lowest_likeness(counting),
        skeletons={
            name: kept["skeleton"] for run in counting for name, kept in run.page_types.items() if kept["skeleton"]
        },
        samples={
            name: {**kept["sample"], "execution_id": run.execution_id}
            for run in counting
            for name, kept in run.page_types.items()
            if kept["sample"]
        },
        since=_open_falls(earlier),
        scraper_version=counting[-1].scraper_version if counting else "",
        read_on=dict(read_on),
    )


def _counting(earlier: Sequence[PastRun], now: float) -> list[PastRun]:
    well = [run for run in earlier if run.is_well]
    recent = [run for run in well if now - run.at <= DAYS * _DAY_SECS]
    chosen = recent if len(recent) >= LEAST_RUNS else well[-LEAST_RUNS:]
    habits = [run for run in earlier if run.condition == "degraded" and run.is_whole and _is_habit(run, well, now)]
    return sorted([*chosen, *habits], key=lambda run: run.at)


def _is_habit(run: PastRun, well: Sequence[PastRun], now: float) -> bool:
    if not any(abs(now - run.at - days * _DAY_SECS) <= _SAME_HOUR_SECS for days in (1, 7)):
        return False
    following = next((one for one in well if one.at > run.at), None)
    return following is not None and following.scraper_version == run.scraper_version


def _lowest_fields(runs: Sequence[PastRun]) -> dict[str, dict[str, float]]:
    lowest: dict[str, dict[str, float]] = {}
    for run in runs:
        for name in run.fields:
            if (found := run.share(name)) is None:
                continue
            share, items = found
            low = lowest.setdefault(name, {"share": share, "items": items, "runs": 0})
            low["runs"] += 1
            if share < low["share"]:
                low["share"], low["items"] = share, items
    return lowest


def _lowest_rates(runs: Sequence[PastRun]) -> dict[str, dict[str, float]]:
    lowest: dict[str, dict[str, float]] = {}
    for run in runs:
        for name, counts in run.page_types.items():
            if counts["pages"]:
                rate = counts["rows"] / counts["pages"]
                low = lowest.setdefault(name, {"rate": rate, "runs": 0})
                low["runs"] += 1
                low["rate"] = min(rate, low["rate"])
    return lowest


def _lowest_likeness(runs: Sequence[PastRun]) -> dict[str, dict[str, float]]:
    lowest: dict[str, dict[str, float]] = {}
    for run in runs:
        for name, counts in run.page_types.items():
            like = counts["like_before"]
            if like is not None and ("skeleton", name) not in run.falls():
                low = lowest.setdefault(name, {"like": like, "runs": 0})
                low["runs"] += 1
                low["like"] = min(like, low["like"])
    return lowest


def _open_falls(earlier: Sequence[PastRun]) -> dict[str, Since]:
    """What the last run that could tell said had fallen: a run that could not tell does not end a fall."""
    keys = {key for run in earlier for key in run.falls()}
    still: dict[str, Since] = {}
    for key in keys:
        last = next((run for run in reversed(earlier) if run.judged(key) or key in run.falls()), None)
        if last is not None and key in last.falls():
            still[" ".join(key)] = last.falls()[key]
    return still
