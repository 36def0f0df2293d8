"""Paired rounds A B C, B C A, ..., and what they come to."""

import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.contestants import Contestant, rows_wrong
from benchmarks.measured_run import SAMPLE_SECS, Run, measure
from benchmarks.shop_process import ShopProcess

__all__ = ["median_ratio", "race", "spread"]

Rounds = Mapping[str, Sequence[Run]]


def race(
    contestants: Sequence[Contestant], shop: ShopProcess, pages: int, rounds: int, *, sample_secs: float = SAMPLE_SECS
) -> dict[str, list[Run]]:
    """Every contestant once a round, another one first each time; the rows are checked afterwards, outside the clock.

    Args:
      pages: of each run; fewer for a contestant that takes at most so many.
      sample_secs: between two looks at a run's processes.
    """
    runs: dict[str, list[Run]] = {contestant.name: [] for contestant in contestants}
    for number in range(rounds):
        first = number % len(contestants)
        for contestant in [*contestants[first:], *contestants[:first]]:
            with tempfile.TemporaryDirectory(prefix="scrapeline-bench-") as folder:
                run = _checked(contestant, shop, min(pages, contestant.most_pages), Path(folder), sample_secs)
            runs[contestant.name].append(run)
            print(
                f"  round {number + 1}: {contestant.name:28} {run.pages_a_sec:7.1f} pages/s  {run.cpu_ms_a_page:5.2f} "
                f"CPU ms a page  {run.peak_bytes / 1e6:4.0f} MB  noise {run.noise:.2f}",
                flush=True,
            )
    return runs


def _checked(contestant: Contestant, shop: ShopProcess, pages: int, folder: Path, sample_secs: float) -> Run:
    run = measure(contestant.command(shop.port, pages, folder), shop, pages, folder, sample_secs=sample_secs)
    wrong = "" if run.complaint else rows_wrong(contestant.rows(folder), pages)
    if run.complaint or wrong:
        raise SystemExit(f"{contestant.name}: {run.complaint or f'{wrong} rows are missing or wrong'}")
    return run


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median over rounds of the ratio within a round: what both met in that round cancels out.

    >>> median_ratio([6.0, 12.0, 9.0], [1.0, 2.0, 1.0])
    6.0
    """
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def spread(values: Sequence[float], digits: int = 1) -> str:
    """The median, and the least and the most.

    >>> spread([1.0, 5.0, 3.0])
    '3.0 (1.0-5.0)'
    """
    least, middle, most = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({least:.{digits}f}-{most:.{digits}f})"
