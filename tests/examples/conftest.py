"""Reads a page with one of the example sources, as a run does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.page import Page
from schemas.reading import Reading
from schemas.request import Request
from schemas.row import Accepted, RowMaker
from scrapers.extraction.scraper import load_scraper
from scrapers.source_files.load import load_sources

EXAMPLES = Path(__file__).parents[2] / "examples" / "sources"

ReadRows = Callable[..., list[dict[str, Any]]]
ReadPage = Callable[..., tuple[Reading, Accepted]]


@pytest.fixture(scope="session")
def read_page() -> ReadPage:
    """`read_page(source, html, url, page_type)` gives the reading and what the table accepts of it."""

    def read(
        source: str, html: str, url: str = "https://site.test/page", page_type: str | None = None
    ) -> tuple[Reading, Accepted]:
        loaded = load_sources(EXAMPLES, [source])[source]
        first = next(iter(loaded.source.page_types()))
        request = Request(source, url, "execution", first if page_type is None else page_type)
        page = Page(request, 200, url, (("Content-Type", "text/html; charset=utf-8"),), html.encode(), 1_700_000_000.0)
        reading = load_scraper(loaded).read(page)
        table = loaded.tables[reading.table] if reading.table else next(iter(loaded.tables.values()))
        return reading, RowMaker(table).accept(reading.items, reading.problems)

    return read


@pytest.fixture(scope="session")
def read_rows(read_page: ReadPage) -> ReadRows:
    """`read_rows(source, html, url)` gives the accepted rows; a refused item fails the test."""

    def read(*args: Any) -> list[dict[str, Any]]:
        _, accepted = read_page(*args)
        assert accepted.refused == []
        return accepted.rows

    return read
