"""`browser-growth`: whether a rendered page costs more, or memory and processes grow, the longer a run goes on."""

import statistics
from collections.abc import Sequence

from benchmarks.browsers import scrapeline_browser
from benchmarks.growth import cpu_ms_between
from benchmarks.markdown import markdown_table
from benchmarks.process_tree import Sample
from benchmarks.rounds import race
from benchmarks.shop_process import ShopProcess

__all__ = ["GROWTH_PAGES", "run_browser_growth"]

Parts = tuple[int, int]

GROWTH_PAGES = 5_200
_PARTS = 52  # of a run, 100 pages each
# From page 500, and to page 5,000: three times 200 pages, after which each of four tabs has been replaced once. What
# pages leave behind grows until then, so that shorter stretches would show when tabs were replaced, and nothing else.
_EARLY, _LATE = (5, 11), (44, 50)
_COST_EARLY, _COST_LATE = (2, 14), (38, 50)
_SAMPLE_SECS = 0.5


def run_browser_growth(rounds: int, pages: int = GROWTH_PAGES) -> str:
    """Memory, processes and cost a page, early and late in one run."""
    part = pages // _PARTS
    with ShopProcess(1) as shop:
        [runs] = race([scrapeline_browser()], shop, pages, rounds, sample_secs=_SAMPLE_SECS).values()
    measured = [
        [_between(run.samples, part, *parts) for parts in ((_EARLY, _COST_EARLY), (_LATE, _COST_LATE))] for run in runs
    ]
    for number, (before, after) in enumerate(measured, 1):
        ratios = ", ".join(f"{name} {after[name] / before[name]:.3f}" for name in before)
        print(f"  round {number}: {ratios}", flush=True)
    rows = []
    for name in measured[0][0]:
        first, last = (statistics.median(run[place][name] for run in measured) for place in (0, 1))
        ratio = statistics.median(run[1][name] / run[0][name] for run in measured)
        rows.append([name, f"{first:.1f}", f"{last:.1f}", f"{ratio:.3f}"])
    headings = ["", *(f"pages {first * part:,} to {last * part:,}" for first, last in (_EARLY, _LATE)), "ratio"]
    title = f"One run of {pages:,} JavaScript pages, medians of {rounds}"
    return f"{title}\n\n{markdown_table(headings, rows)}"


def _between(samples: Sequence[Sample], part: int, near: Parts, cost: Parts) -> dict[str, float]:
    """Figures of some parts of a run."""
    first, last = near[0] * part, near[1] * part
    inside = [one for one in samples if first <= one.pages <= last]
    inside = inside or [min(samples, key=lambda one: abs(one.pages - first))]
    return {
        "memory of all processes (PSS), MB": statistics.median(one.memory_bytes for one in inside) / 1e6,
        "processes": statistics.median(one.processes for one in inside),
        "CPU ms a page, there and near": cpu_ms_between(samples, cost[0] * part, cost[1] * part),
    }
