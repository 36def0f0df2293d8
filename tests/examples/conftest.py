"""Reads a page with one of the example sources, as a run does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.page import Page
from schemas.request import Request
from schemas.row import RowMaker
from scrapers.extraction.scraper import load_scraper
from scrapers.source_files.load import load_sources

EXAMPLES = Path(__file__).parents[2] / "examples" / "sources"

ReadRows = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="session")
def read_rows() -> ReadRows:
    """`read_rows(source, html, url)` gives the accepted rows; a refused item fails the test."""

    def read(source: str, html: str, url: str = "https://site.test/page") -> list[dict[str, Any]]:
        loaded = load_sources(EXAMPLES, [source])[source]
        page_type = next(iter(loaded.source.page_types()))
        request = Request(source, url, "execution", page_type)
        page = Page(request, 200, url, (("Content-Type", "text/html; charset=utf-8"),), html.encode(), 1_700_000_000.0)
        reading = load_scraper(loaded).read(page)
        if not reading.items:
            return []
        accepted = RowMaker(loaded.tables[reading.table]).accept(reading.items, reading.problems)
        assert accepted.refused == []
        return accepted.rows

    return read
