"""Renders listing pages without Beam: `python -m benchmarks.choice_process CHOICE PORT PAGES OUT`; newline JSON.

The rendering layer alone: Chromium, its tabs, the guard proxy, and parsing, so that the rows can be checked.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import uvloop
from playwright.async_api import BrowserContext

from benchmarks.choice import CHOICES, Choice
from benchmarks.contestants import HOST
from schemas.page import Page
from schemas.request import Request
from schemas.row import RowMaker
from scrapers.browsing.chromium import launch
from scrapers.browsing.guard_proxy import GuardProxy
from scrapers.browsing.order import RenderOrder
from scrapers.browsing.settings import BrowserSettings
from scrapers.browsing.tab import Tab
from scrapers.extraction.scraper import load_scraper
from scrapers.fetching.address_guard import Guard
from scrapers.source_files.load import load_sources
from scrapers.source_files.model_browser import Ready

__all__: list[str] = []

SOURCES = Path(__file__).parent / "sources"
READY = Ready(css="article.card", count=30)
NOWHERE = "http://127.0.0.1:9"  # for what belongs to no context, as in the fetcher
HEADERS = (("Content-Type", "text/html; charset=utf-8"),)


class Rows:
    """Parses, validates and writes what a page holds."""

    def __init__(self, file: BinaryIO) -> None:
        source = load_sources(SOURCES, ["listings"])["listings"]
        self._scraper = load_scraper(source)
        self._maker = RowMaker(source.tables["bench.products"])
        self._file = file

    def write(self, url: str, html: bytes) -> None:
        """The rows of a page."""
        request = Request("listings", url, "e")
        reading = self._scraper.read(Page(request, 200, url, HEADERS, html, time.time()))
        rows = self._maker.accept(reading.items, reading.problems).rows
        self._file.write(b"".join(json.dumps(row).encode() + b"\n" for row in rows))


async def render(choice: Choice, port: int, pages: int, rows: Rows) -> None:
    """Every page once, four at a time."""
    guard = GuardProxy(Guard(resolve=[f"{HOST}:80:127.0.0.1:{port}"]))
    proxy = f"http://127.0.0.1:{await guard.start()}"
    base = f"http://{HOST}" if choice.guarded else f"http://127.0.0.1:{port}"
    settings = BrowserSettings()
    chromium = await launch(settings, NOWHERE if choice.guarded else "")
    context = await chromium.browser.new_context(proxy={"server": proxy} if choice.guarded else None)
    urls = iter([f"{base}/js/list/{number}" for number in range(pages)])
    try:
        await asyncio.gather(*(_render_some(choice, context, urls, rows) for _ in range(settings.tabs)))
    finally:
        await chromium.close()
        guard.close()


async def _render_some(choice: Choice, context: BrowserContext, urls: Iterator[str], rows: Rows) -> None:
    tab: Tab | None = None
    for url in urls:
        if tab is not None and not (choice.reuses_tabs and tab.pages < BrowserSettings().pages_per_tab):
            await tab.close()
            tab = None
        if tab is None:
            block = ("images", "fonts", "media", "stylesheets") if choice.blocks else ()
            tab = await Tab.open(context, layout=choice.lays_out, block=block)
        rows.write(url, await _html(choice, tab, url))


async def _html(choice: Choice, tab: Tab, url: str) -> bytes:
    if choice.one_trip:
        return (await tab.render(RenderOrder(url, ready=READY, layout=choice.lays_out))).html
    await tab.page.goto(url, wait_until="domcontentloaded")
    await tab.page.wait_for_selector(str(READY.css), state="attached")
    return (await tab.page.content()).encode()


def main() -> None:
    """As the command line says."""
    name, port, pages, out = sys.argv[1:]
    with open(out, "wb") as file:
        uvloop.run(render(CHOICES[name], int(port), int(pages), Rows(file)))


if __name__ == "__main__":
    main()
