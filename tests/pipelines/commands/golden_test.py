import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Scrapeline = Callable[..., Result]


@pytest.fixture
def case(folder: Path, scrapeline: Scrapeline, shop: Any) -> Path:
    """A saved case; the shop is closed for the rest of the test."""
    scrapeline("try", "shop", *shop.resolve, "--save", "lamps")
    shop.server.socket.close()
    return folder / "sources" / "tests" / "shop" / "lamps"


def test_save_makes_a_case_of_readable_files(case: Path):
    assert sorted(path.name for path in case.iterdir()) == ["expected.json", "meta.json", "page.html"]
    assert json.loads((case / "expected.json").read_text())["rows"][0]["sku"] == "A1"
    assert json.loads((case / "meta.json").read_text())["request"]["url"] == "http://shop.test/lamps"


def test_a_case_that_gives_what_it_gave_passes_offline(case: Path, scrapeline: Scrapeline):
    result = scrapeline("test")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == ["ok    shop/lamps", "1 passed, 0 failed"]


def test_a_changed_selector_shows_as_a_difference_of_its_field(case: Path, folder: Path, scrapeline: Scrapeline):
    source = folder / "sources" / "shop.yaml"
    source.write_text(source.read_text().replace("title: {css: h3,", "title: {css: .price,"))

    result = scrapeline("test", "shop")

    assert result.exit_code == 1
    assert 'rows[0].title: expected "Arc", got "£10.00"' in result.stdout
    assert "rows[0].sku" not in result.stdout


def test_update_writes_what_is_now_right(case: Path, folder: Path, scrapeline: Scrapeline):
    source = folder / "sources" / "shop.yaml"
    source.write_text(source.read_text().replace("title: {css: h3,", "title: {css: .price,"))

    assert scrapeline("test", "--update").exit_code == 0
    assert scrapeline("test").exit_code == 0
    assert json.loads((case / "expected.json").read_text())["rows"][0]["title"] == "£10.00"


def test_dates_count_from_the_day_the_page_was_saved(case: Path, folder: Path, scrapeline: Scrapeline):
    meta = json.loads((case / "meta.json").read_text())
    meta["fetched_at"] = 1_000_000_000.0  # 2001-09-09
    (case / "meta.json").write_text(json.dumps(meta))
    page = case / "page.html"
    page.write_text(page.read_text().replace("Arc</a>", "yesterday</a>"))
    source = folder / "sources" / "shop.yaml"
    source.write_text(source.read_text().replace("  price:", "  day: {css: h3, convert: date, type: date}\n  price:"))
    scrapeline("test", "--update")

    refused = json.loads((case / "expected.json").read_text())
    assert refused["rows"][0]["day"] == "2001-09-08"


def test_without_cases_it_says_how_to_make_one(folder: Path, scrapeline: Scrapeline):
    result = scrapeline("test")

    assert result.exit_code == 2
    assert "scrapeline try shop --save" in result.stderr


def test_items_that_travel_on_are_compared_and_what_they_lack_is_told(folder: Path, scrapeline: Scrapeline, shop: Any):
    text = """\
source: chain
table: shop.products
seeds: {urls: ["http://shop.test/lamps"]}
pages:
  listing:
    items: {css: article.card}
    fields: {title: {css: h3, required: true}}
    follow: {to: detail, url: {css: "h3 a::attr(href)"}, carry: item}
  detail: {fields: {text: {css: "#desc"}}}
"""
    source = folder / "sources" / "chain.yaml"
    source.write_text(text)
    assert scrapeline("try", "chain", *shop.resolve, "--save", "lamps").exit_code == 0
    source.write_text(text.replace("css: h3, ", "css: h4, "))

    tested = scrapeline("test", "chain")
    tried = scrapeline("try", "chain", *shop.resolve)

    assert tested.exit_code == 1
    assert 'follow_ups[0].item.title: expected "Arc", got null' in tested.stdout
    assert tried.exit_code == 1
    assert "of the items that travel on lack `title`, which is required" in tried.stdout
