"""The table of a race: everybody's figures, and their ratios to one contestant's of the same rounds."""

import statistics
from collections.abc import Mapping, Sequence

from benchmarks.markdown import markdown_table
from benchmarks.measured_run import Run
from benchmarks.rounds import median_ratio, spread

__all__ = ["race_table"]


def race_table(runs: Mapping[str, Sequence[Run]], against: str, heading: str = "", *, digits: int = 0) -> str:
    """Pages a second, CPU and memory of every contestant.

    Args:
      against: the contestant to whom the ratios are.
      digits: of pages a second.
    """
    headings = [heading, "pages/s", "ratio", "CPU ms a page", "ratio", "peak MB", "noise"]
    return markdown_table(headings, [[name, *_figures(own, runs[against], digits)] for name, own in runs.items()])


def _figures(own: Sequence[Run], against: Sequence[Run], digits: int) -> list[str]:
    speed = median_ratio([run.pages_a_sec for run in own], [run.pages_a_sec for run in against])
    cpu = median_ratio([run.cpu_ms_a_page for run in own], [run.cpu_ms_a_page for run in against])
    return [
        spread([run.pages_a_sec for run in own], digits),
        f"{speed:.1f}x",
        f"{statistics.median(run.cpu_ms_a_page for run in own):.2f}",
        f"{cpu:.2f}x",
        f"{statistics.median(run.peak_bytes for run in own) / 1e6:.0f}",
        f"{statistics.median(run.noise for run in own):.2f}",
    ]
