"""`reparse`: what an archived page costs that is parsed again, and whether memory grows with the archive."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.markdown import markdown_table
from benchmarks.shop import listing_html
from schemas.page import Page
from schemas.request import Request
from scrapers.archive.redaction import Redactor
from scrapers.archive.warc_writer import WarcWriter

__all__ = ["run_reparse"]

SOURCES = Path(__file__).parent / "sources"
SMALL, LARGE = 2_000, 8_000  # pages: their difference is free of start and end
PAGES_A_FILE = 2_000
HEADERS = (("Content-Type", "text/html; charset=utf-8"),)


def run_reparse(rounds: int) -> str:
    """CPU a page and peak memory, of the command with its comparison, in one process."""
    with tempfile.TemporaryDirectory(prefix="scrapeline-bench-") as folder:
        for pages in (SMALL, LARGE):
            _write_archive(Path(folder, str(pages)), pages)
        runs = [[_measure(Path(folder), pages) for pages in (SMALL, LARGE)] for _ in range(rounds)]
    cost_ms = [(large[0] - small[0]) / (LARGE - SMALL) * 1000 for small, large in runs]
    peaks = [statistics.median(run[number][1] for run in runs) / 1e6 for number in (0, 1)]
    median_ms = statistics.median(cost_ms)
    table = [
        ["CPU ms a page more", f"{median_ms:.2f}"],
        ["pages/s a core", f"{1000 / median_ms:.0f}"],
        [f"peak MB, {SMALL:,} pages", f"{peaks[0]:.0f}"],
        [f"peak MB, {LARGE:,} pages", f"{peaks[1]:.0f}"],
    ]
    return f"Pages of 30 rows and 39 KB, medians of {rounds}\n\n{markdown_table(['', ''], table)}"


def _write_archive(folder: Path, pages: int) -> None:
    folder.mkdir()
    for first in range(0, pages, PAGES_A_FILE):
        name = f"bench-a1-{first:06d}.warc.gz"
        writer = WarcWriter((folder / name).open("wb"), name, Redactor())
        for number in range(first, min(first + PAGES_A_FILE, pages)):
            url = f"http://shop.bench.example/list/{number}"
            request = Request("listings", url, "bench")
            writer.add(Page(request, 200, url, HEADERS, listing_html(number).encode(), time.time()))
        writer.close()


def _measure(folder: Path, pages: int) -> tuple[float, int]:
    """(CPU seconds, peak bytes) of one command."""
    words = ["reparse", "listings", "--sources", str(SOURCES), "--archive", str(folder / str(pages))]
    words += ["--output", str(folder / "none"), "--diff"]
    started = subprocess.Popen([sys.executable, "-m", "pipelines", *words], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode:
        raise RuntimeError(f"reparse ended with {started.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024
