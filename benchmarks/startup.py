"""`start` and `million`: how long until the first page is asked for, and what that takes."""

import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.contestants import scrapeline, scrapeline_command
from benchmarks.markdown import markdown_table
from benchmarks.measured_run import contestant_environment
from benchmarks.process_tree import descendants, pss_bytes, reap_orphans
from benchmarks.rounds import race, spread
from benchmarks.shop_process import ShopProcess

__all__ = ["run_million", "run_start"]

FEW_PAGES = 16


def run_start(rounds: int) -> str:
    """A run of sixteen pages: all but start and end is nothing."""
    with ShopProcess(FEW_PAGES) as shop:
        runs = race([scrapeline(1), scrapeline(2)], shop, FEW_PAGES, rounds)
    rows = [
        [
            name,
            spread([run.first_page_secs for run in own], 2),
            spread([run.wall_secs for run in own], 2),
            spread([run.cpu_secs for run in own], 2),
        ]
        for name, own in runs.items()
    ]
    headings = ["", "s to the first page", "s in all", "CPU s in all"]
    return f"A run of {FEW_PAGES} pages, medians of {rounds}\n\n{markdown_table(headings, rows)}"


def run_million(rounds: int) -> str:
    """A source of a million seeds: started, watched until its first page, and stopped."""
    seconds, peaks = [], []
    with ShopProcess(100) as shop:
        for number in range(rounds):
            first_secs, peak_bytes = _until_the_first_page(shop)
            seconds.append(first_secs)
            peaks.append(peak_bytes / 1e6)
            print(f"  round {number + 1}: {first_secs:.2f} s, {peak_bytes / 1e6:.0f} MB", flush=True)
    rows = [["a million seeds of one template", spread(seconds, 2), f"{statistics.median(peaks):.0f}"]]
    return markdown_table(["", "s to the first page", "MB then, all processes"], rows)


def _until_the_first_page(shop: ShopProcess) -> tuple[float, int]:
    shop.stats(reset=True)
    with tempfile.TemporaryDirectory(prefix="scrapeline-bench-") as folder:
        command = scrapeline_command("million", shop.port, Path(folder), "--workers=1")
        started = time.time()
        process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=contestant_environment()
        )
        try:
            while not (first_at := shop.stats()["first_page_at"]):
                if process.poll() is not None:
                    raise SystemExit("the run of a million seeds ended before its first page")
                time.sleep(0.02)
            tree = descendants(process.pid) | {process.pid: 0.0}
            peak = sum(map(pss_bytes, tree))
        finally:
            process.terminate()
            process.wait(30)
            reap_orphans({shop.pid})
    return first_at - started, peak
