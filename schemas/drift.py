"""What has fallen against a source's own history: rules that anybody can check by hand.

Always against the *lowest* of the runs that count (schemas.history), never against a mean: what has happened before is
no fall. `few` is a history of fewer than three runs.

| what        | has fallen when                                                                                      |
|-------------|------------------------------------------------------------------------------------------------------|
| `field`     | its share of the items (rows, and what was refused because of it) is below the lowest by more than a |
|             | margin: 1.5 / sqrt(n), n the smaller number of items of the two runs, at least 0.05; twice that when |
|             | few. From 10 items on. Or none has it where at least 20 were to be expected (lowest share x items).  |
| `rows`      | there are less than 70 % of the fewest (half of them when few), and at least 10 less. Only of a run  |
|             | that was not limited, nor cancelled.                                                                 |
| `page_rows` | the same of a page type, against the fewest rows a page x the pages that were read.                  |
| `skeleton`  | what its pages are built of has less in common with the last run's than the lowest before (at most   |
|             | 0.9; 0.8 when few), by more than 0.1.                                                                |

The margin of 100 items is 0.15, of 900 it is 0.05: a field that has been in at least 98 % of them has fallen when it
is in less than 83 % of 100, less than 93 % of 900 or more. So of runs with twenty fields that come and go by chance
one in a thousand is told of; with 1 instead of 1.5, one in fifty would be.

A skeleton alone degrades nothing: a site may be rebuilt without losing a field. Checks of the source that fail degrade.
"""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence

from schemas.history import History, PastRun
from schemas.skeleton import likeness

__all__ = ["Fall", "falls_of"]

FEW_RUNS = 3
MARGIN_OF_ONE, LEAST_MARGIN = 1.5, 0.05
SURELY_EXPECTED = 20
ROWS_SHARE, ROWS_SHARE_FEW = 0.7, 0.5
LEAST_ROWS_LESS = 10
LIKENESS_MARGIN, MOST_LIKENESS, MOST_LIKENESS_FEW = 0.1, 0.9, 0.8


@dataclasses.dataclass(frozen=True, slots=True)
class Fall:
    """One thing that has fallen.

    Attributes:
      what: `field`, `rows`, `page_rows` or `skeleton`.
      name: the field or page type; empty for `rows`.
      page_type: where to look.
      was: the lowest before: a share, rows, rows a page, or what two skeletons had in common.
      now: the same of this run.
      runs: that it is compared with; 0 for a check.
      by: `history` or `checks`.
      gone, new: signs of the skeleton that it has lost and won, a few.
    """

    what: str
    name: str
    page_type: str
    was: float
    now: float
    runs: int
    by: str = "history"
    gone: Sequence[str] = ()
    new: Sequence[str] = ()

    @property
    def key(self) -> str:
        """As History.since names it."""
        return f"{self.what} {self.name}"

    @property
    def degrades(self) -> bool:
        """Whether the run is degraded by it."""
        return self.what != "skeleton"


def falls_of(
    run: PastRun, history: History, *, min_rows: int | None = None, coverage: Mapping[str, float] | None = None
) -> list[Fall]:
    """What has fallen in a run that ends: by history, and else by the source's checks.

    Args:
      min_rows, coverage: the source's checks.
    """
    found = [*_fields(run, history), *_rows(run, history), *_page_rows(run, history), *_skeletons(run, history)]
    known = {fall.key for fall in found}
    return found + [fall for fall in _checks(run, history, min_rows, coverage or {}) if fall.key not in known]


def _fields(run: PastRun, history: History) -> Iterator[Fall]:
    for name, low in history.fields.items():
        found = run.share(name)
        if found is None:  # too few, or the table has no such column any more
            continue
        (share, items), lowest, runs = found, low["share"], int(low["runs"])
        is_gone = share == 0 and lowest * items >= SURELY_EXPECTED
        if is_gone or share < lowest - margin(min(items, int(low["items"])), runs):
            yield Fall("field", name, history.read_on.get(name, ""), lowest, share, runs)


def margin(items: int, runs: int) -> float:
    """By how much the share of a field may lie below the lowest of so many runs.

    >>> margin(25, 10), margin(100, 10), margin(10_000, 10), margin(100, 1)
    (0.3, 0.15, 0.05, 0.3)
    """
    return max(LEAST_MARGIN, MARGIN_OF_ONE / math.sqrt(items)) * (2 if runs < FEW_RUNS else 1)


def _rows(run: PastRun, history: History) -> Iterator[Fall]:
    if history.rows is not None and run.is_whole and _is_less(run.rows, history.rows, history.runs):
        yield Fall("rows", "", _first_type(history), history.rows, run.rows, history.runs)


def _page_rows(run: PastRun, history: History) -> Iterator[Fall]:
    for name, low in history.page_rows.items():
        counts = run.page_types.get(name)
        if not counts or not counts["pages"]:
            continue
        pages, runs = counts["pages"], int(low["runs"])
        if _is_less(counts["rows"], low["rate"] * pages, runs):
            yield Fall("page_rows", name, name, low["rate"], counts["rows"] / pages, runs)


def _is_less(rows: float, fewest: float, runs: int) -> bool:
    share = ROWS_SHARE_FEW if runs < FEW_RUNS else ROWS_SHARE
    return rows < share * fewest and fewest - rows >= LEAST_ROWS_LESS


def _skeletons(run: PastRun, history: History) -> Iterator[Fall]:
    for name, before in history.skeletons.items():
        counts = run.page_types.get(name)
        if not counts or not counts["skeleton"]:
            continue
        now, low = likeness(counts["skeleton"], before), history.likeness.get(name)
        runs = int(low["runs"]) if low else 0
        lowest = min(low["like"] if low else 1.0, MOST_LIKENESS_FEW if runs < FEW_RUNS else MOST_LIKENESS)
        if now < lowest - LIKENESS_MARGIN:
            gone, new = (sorted(one - other) for one, other in _both_ways(before, counts["skeleton"]))
            yield Fall("skeleton", name, name, lowest, now, runs, gone=gone, new=new)


def _both_ways(one: Sequence[str], other: Sequence[str]) -> list[tuple[set[str], set[str]]]:
    return [(set(one), set(other)), (set(other), set(one))]


def _checks(run: PastRun, history: History, min_rows: int | None, coverage: Mapping[str, float]) -> Iterator[Fall]:
    if min_rows is not None and run.rows < min_rows:
        yield Fall("rows", "", _first_type(history), min_rows, run.rows, 0, by="checks")
    for name, least in coverage.items():
        counts = run.fields.get(name)
        share = counts["present"] / counts["rows"] if counts and counts["rows"] else 0.0
        if run.rows and round(share, 4) < least:
            yield Fall("field", name, history.read_on.get(name, ""), least, share, 0, by="checks")


def _first_type(history: History) -> str:
    """Where to look when rows are missing: where the source begins to read fields."""
    return next(iter((*history.read_on.values(), *history.samples)), "")
