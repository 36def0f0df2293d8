"""`reparse`: what an archived page costs that is parsed again, and whether memory grows with the archive."""

import os
import shutil
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
    with tempfile.TemporaryDirectory(prefix="scrapeline-bench-") as name:
        folder = Path(name)
        mended = _mended_sources(folder)
        for pages in (SMALL, LARGE):
            _write_archive(folder / str(pages), pages)
            _measure(folder, pages, mended, f"rows-{pages}", "--format=parquet")
        runs = [_round(folder) for _ in range(rounds)]
    new_ms, changed_ms = (
        statistics.median((large[0] - small[0]) / (LARGE - SMALL) * 1000 for small, large in pairs)
        for pairs in zip(*runs, strict=True)
    )
    peaks = [statistics.median(run[1][size][1] for run in runs) / 1e6 for size in (0, 1)]
    table = [
        ["CPU ms a page more", f"{new_ms:.2f}", f"{changed_ms:.2f}"],
        ["pages/s a core", f"{1000 / new_ms:.0f}", f"{1000 / changed_ms:.0f}"],
        [f"peak MB, {SMALL:,} pages", "", f"{peaks[0]:.0f}"],
        [f"peak MB, {LARGE:,} pages", "", f"{peaks[1]:.0f}"],
    ]
    heads = ["", "no rows there", "each row there, and another now"]
    return f"Pages of 30 rows and 39 KB, medians of {rounds}\n\n{markdown_table(heads, table)}"


def _round(folder: Path) -> list[list[tuple[float, int]]]:
    """[no rows there, all changed], each of the small and the large archive."""
    return [
        [_measure(folder, pages, SOURCES, output.format(pages), "--diff") for pages in (SMALL, LARGE)]
        for output in ("none", "rows-{}")
    ]


def _mended_sources(folder: Path) -> Path:
    """The same source, one of whose selectors gives something else on every row."""
    mended = folder / "sources"
    shutil.copytree(SOURCES, mended)
    path = mended / "listings.yaml"
    text = path.read_text()
    path.write_text(text.replace('title:    {css: "h2.title a",', 'title:    {css: "h2.title a", re: "[a-z]+",'))
    if path.read_text() == text:
        raise RuntimeError(f"{path.name} is not what this bench changes")
    return mended


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


def _measure(folder: Path, pages: int, sources: Path, output: str, *options: str) -> tuple[float, int]:
    """(CPU seconds, peak bytes) of one command."""
    words = ["reparse", "listings", "--sources", str(sources), "--archive", str(folder / str(pages))]
    words += ["--output", str(folder / output), "--workers=1", *options]
    started = subprocess.Popen([sys.executable, "-m", "pipelines", *words], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode:
        raise RuntimeError(f"reparse ended with {started.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024
