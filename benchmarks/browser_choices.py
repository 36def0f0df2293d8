"""`browser-choices`: what each choice of the rendering layer is worth on this machine, each switched off alone."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.browsers import SAMPLE_SECS
from benchmarks.choice import CHOICES
from benchmarks.contestants import Contestant, json_rows
from benchmarks.race_table import race_table
from benchmarks.rounds import race
from benchmarks.shop_process import ShopProcess

__all__ = ["CHOICE_PAGES", "run_browser_choices"]

CHOICE_PAGES = 400
ROOT = Path(__file__).parents[1]


def run_browser_choices(rounds: int, pages: int = CHOICE_PAGES, names: Sequence[str] = tuple(CHOICES)) -> str:
    """Renders the same pages in every way, without Beam."""
    with ShopProcess(1) as shop:
        runs = race([_contestant(name) for name in names], shop, pages, rounds, sample_secs=SAMPLE_SECS)
    title = f"{pages:,} JavaScript listing pages, the rendering layer alone, medians of {rounds} paired rounds"
    return f"{title}\n\n{race_table(runs, next(iter(runs)), digits=1)}"


def _contestant(name: str) -> Contestant:
    return Contestant(name, _command(name), json_rows)


def _command(name: str) -> Callable[[int, int, Path], list[str]]:
    def command(port: int, pages: int, folder: Path) -> list[str]:
        run = [
            sys.executable,
            "-m",
            "benchmarks.choice_process",
            name,
            str(port),
            str(pages),
            str(folder / "rows.jsonl"),
        ]
        return ["env", f"PYTHONPATH={ROOT}", *run]

    return command
