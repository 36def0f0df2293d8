"""`auto`: a site where one page in ten needs a browser, against the mix that somebody would choose who knew which."""

import dataclasses
import statistics
from collections.abc import Mapping, Sequence

from benchmarks.browsers import SAMPLE_SECS, scrapeline_browser
from benchmarks.contestants import scrapeline
from benchmarks.markdown import markdown_table
from benchmarks.rounds import race
from benchmarks.script_shop import SHELL_EVERY
from benchmarks.shop_process import ShopProcess

__all__ = ["run_auto"]

HTTP, BROWSER, AUTO = "all over HTTP", "all in the browser", "`mode: auto`"
SHARE = 1 / SHELL_EVERY


def run_auto(pages: int, rounds: int) -> str:
    """Costs a page of three runs, start and end included, and of the ideal mix made of the first two."""
    contestants = [
        dataclasses.replace(scrapeline(1), name=HTTP),
        dataclasses.replace(scrapeline_browser(), name=BROWSER),
        dataclasses.replace(scrapeline(1, source="mixed"), name=AUTO),
    ]
    with ShopProcess(pages) as shop:
        runs = race(contestants, shop, pages, rounds, sample_secs=SAMPLE_SECS)
    rounds_of = [dict(zip(runs, together, strict=True)) for together in zip(*runs.values(), strict=True)]
    cpu = [_costs({name: run.cpu_ms_a_page for name, run in one.items()}) for one in rounds_of]
    wall = [_costs({name: 1000 / run.pages_a_sec for name, run in one.items()}) for one in rounds_of]
    rows = [
        [name, *(f"{statistics.median(one[name] for one in costs):.2f}" for costs in (cpu, wall))] for name in cpu[0]
    ]
    title = f"{pages:,} listing pages, one in {SHELL_EVERY} of them a script's, medians of {rounds} paired rounds"
    return f"{title}\n\n{markdown_table(['', 'CPU ms a page', 'ms a page'], [*rows, _ratios(cpu, wall)])}"


def _costs(cost: Mapping[str, float]) -> dict[str, float]:
    """With the ideal mix before `auto`'s own."""
    ideal = (1 - SHARE) * cost[HTTP] + SHARE * cost[BROWSER]
    return {HTTP: cost[HTTP], BROWSER: cost[BROWSER], "the ideal mix": ideal, AUTO: cost[AUTO]}


def _ratios(*kinds: Sequence[Mapping[str, float]]) -> list[str]:
    ratios = [statistics.median(one[AUTO] / one["the ideal mix"] for one in costs) for costs in kinds]
    return [f"{AUTO} to the ideal mix", *(f"{ratio:.2f}x" for ratio in ratios)]
