"""Who takes part where a browser is needed. All drive the same Chromium, four pages at once."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from benchmarks.contestants import Contestant, json_rows, scrapeline
from benchmarks.peer_environment import peer_python
from scrapers.browsing.executable import find_browser

__all__ = ["PEER_PAGES", "SAMPLE_SECS", "crawlee", "scrapeline_browser", "scrapy_playwright"]

HERE = Path(__file__).parent
PEER_PAGES = 300
"""A peer's run is no longer than this: at 5 pages a second that is a minute, and its start one or two seconds of it."""
SAMPLE_SECS = 1.0
"""Between two looks at the processes: how much memory a dozen of them have takes 20 ms of CPU to find out."""


def scrapy_playwright() -> Contestant:
    """Scrapy through scrapy-playwright, with parsel, to newline JSON."""
    return _peer("scrapy-playwright", "peer.py")


def crawlee() -> Contestant:
    """crawlee's PlaywrightCrawler, to newline JSON."""
    return _peer("crawlee PlaywrightCrawler", "peer_crawlee.py")


def scrapeline_browser() -> Contestant:
    """Our whole pipeline with `fetch: {mode: browser}`, in one process with one Chromium."""
    return dataclasses.replace(scrapeline(1, source="shells"), name="Scrapeline, 1 process")


def _peer(name: str, script: str) -> Contestant:
    return Contestant(name, _command(str(peer_python()), script), json_rows, most_pages=PEER_PAGES)


def _command(python: str, script: str) -> Callable[[int, int, Path], list[str]]:
    browser = find_browser().path

    def command(port: int, pages: int, folder: Path) -> list[str]:
        base = f"http://127.0.0.1:{port}/js"
        return [python, str(HERE / script), base, str(pages), str(folder / "rows.jsonl"), browser]

    return command
