"""The shop tells the truth about itself, and our source file reads it."""

from pathlib import Path

import pyarrow as pa

from benchmarks.contestants import rows_wrong
from benchmarks.shop import CARDS, Product, listing_html, product, products
from schemas.page import Page
from schemas.request import Request
from scrapers.extraction.scraper import load_scraper
from scrapers.source_files.load import load_sources

SOURCES = Path(__file__).parents[2] / "benchmarks" / "sources"


def test_a_listing_has_the_weight_that_it_claims():
    assert listing_html(3).count("<article") == CARDS
    assert 37_000 < len(listing_html(3)) < 41_000
    assert listing_html(3) == listing_html(3)
    assert listing_html(3) != listing_html(4)


def test_our_source_reads_every_field_of_every_product():
    scraper = load_scraper(load_sources(SOURCES, ["listings"])["listings"])
    request = Request("listings", "http://shop.bench.example/list/7", "e")
    page = Page(request, 200, request.url, (("Content-Type", "text/html"),), listing_html(7).encode(), 0.0)

    items = scraper.read(page).items

    assert len(items) == CARDS
    for number, item in enumerate(items, 7 * CARDS):
        assert {name: type(true)(item[name]) for name, true in product(number)._asdict().items()} == product(
            number
        )._asdict()


def table(rows: list[Product]) -> pa.Table:
    return pa.Table.from_pylist([row._asdict() for row in rows])


def test_missing_wrong_and_doubled_rows_are_counted():
    truth = list(products(2))

    assert rows_wrong(table(truth), 2) == 0
    assert rows_wrong(table(truth[1:]), 2) == 1
    assert rows_wrong(table([truth[0]._replace(price=1.0), *truth[1:]]), 2) == 1
    assert rows_wrong(table([*truth, truth[0]]), 2) == 1
    assert rows_wrong(pa.table({"sku": ["a"]}), 2) > 0
