"""Reads one page with a source given as text, as the pipeline would."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from schemas.page import Page
from schemas.reading import Reading
from schemas.request import Request
from scrapers.extraction.scraper import Scraper, load_scraper
from scrapers.source_files.load import load_sources

URL = "https://shop.example/c/lamps"
HEAD = "source: shop\ntable: shop.products\n"
SEEDS = 'seeds: {urls: ["https://shop.example/c/lamps"]}\n'


def make_page(
    body: str | bytes,
    content_type: str = "text/html; charset=utf-8",
    *,
    url: str = URL,
    final_url: str = "",
    headers: Mapping[str, str] | None = None,
    **request: Any,
) -> Page:
    """An answer with this body."""
    asked = Request("shop", url, "execution", **request)
    named = (("Content-Type", content_type), *(headers or {}).items())
    content = body.encode() if isinstance(body, str) else body
    return Page(asked, 200, final_url or url, named, content, fetched_at=1_700_000_000.0)


@pytest.fixture
def page_of() -> Callable[..., Page]:
    """An answer with a body: `page_of(body, content_type, url=, final_url=, headers=, any field of the request)`."""
    return make_page


@pytest.fixture
def make_scraper(tmp_path: Path) -> Callable[..., Scraper]:
    """A scraper of a source whose file is a few common lines and the rules given; keywords are code files beside it."""

    def make(rules: str, **code: str) -> Scraper:
        (tmp_path / "shop.yaml").write_text(HEAD + ("" if "seeds:" in rules else SEEDS) + rules, encoding="utf-8")
        for name, text in code.items():
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        return load_scraper(load_sources(tmp_path)["shop"])

    return make


@pytest.fixture
def read(make_scraper: Callable[..., Scraper]) -> Callable[..., Reading]:
    """Reads one body with the rules given: `read(rules, body, as page_of)`."""
    return lambda rules, body, *args, **request: make_scraper(rules).read(make_page(body, *args, **request))
