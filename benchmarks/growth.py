"""`growth`: whether a page costs more, or memory grows, the longer a run goes on."""

import math
import statistics
from collections.abc import Sequence

from benchmarks.contestants import scrapeline
from benchmarks.markdown import markdown_table
from benchmarks.process_tree import Sample
from benchmarks.rounds import race
from benchmarks.shop_process import ShopProcess

__all__ = ["cpu_ms_between", "memory_at", "run_growth"]

EARLY, LATE = (500, 3_500), (17_000, 20_000)  # pages; the middles are 2,000 and 18,500
FROM_PAGE, TO_PAGE = 2_000, 20_000
NEAR_PAGES = 750
PAGES = 21_500  # so that the end of the run is not among the last pages measured


def run_growth(rounds: int) -> str:
    """Cost a page and memory, early and late in one run, in one process."""
    with ShopProcess(PAGES) as shop:
        [runs] = race([scrapeline(1)], shop, PAGES, rounds).values()
    rows = []
    for number, run in enumerate(runs, 1):
        early, late = cpu_ms_between(run.samples, *EARLY), cpu_ms_between(run.samples, *LATE)
        before, after = memory_at(run.samples, FROM_PAGE), memory_at(run.samples, TO_PAGE)
        rows.append([early, late, late / early, before / 1e6, after / 1e6, after / before])
        print(f"  round {number}: cost {late / early:.3f}, memory {after / before:.3f}", flush=True)
    medians = [statistics.median(column) for column in zip(*rows, strict=True)]
    headings = ["", "near page 2,000", "near page 20,000", "ratio"]
    table = [
        ["CPU ms a page", f"{medians[0]:.3f}", f"{medians[1]:.3f}", f"{medians[2]:.3f}"],
        ["memory, MB", f"{medians[3]:.0f}", f"{medians[4]:.0f}", f"{medians[5]:.3f}"],
    ]
    return f"One run of {PAGES:,} pages, medians of {rounds}\n\n{markdown_table(headings, table)}"


def cpu_ms_between(samples: Sequence[Sample], first: int, last: int) -> float:
    """CPU milliseconds a page between two page numbers, from the samples nearest to them; nan when that is one."""
    start = min(samples, key=lambda sample: abs(sample.pages - first))
    end = min(samples, key=lambda sample: abs(sample.pages - last))
    pages = end.pages - start.pages
    return (end.cpu_secs - start.cpu_secs) / pages * 1000 if pages else math.nan


def memory_at(samples: Sequence[Sample], page: int) -> float:
    """The tree's memory around that page: the median of the samples near it, since row groups come and go."""
    near = [sample.memory_bytes for sample in samples if abs(sample.pages - page) <= NEAR_PAGES]
    return statistics.median(near)
