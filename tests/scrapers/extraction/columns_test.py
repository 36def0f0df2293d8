"""Reading by columns gives what reading item by item gives."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from schemas.page import Page
from scrapers.extraction.columns import Columns
from scrapers.extraction.css_query import select
from scrapers.extraction.page_items import ItemReader
from scrapers.extraction.scraper import Scraper, load_scraper
from scrapers.extraction.selectors import CompiledSelector
from scrapers.source_files.load import load_sources
from scrapers.source_files.model import Selector

RULES = """
source: shop
table: shop.products
seeds: {urls: ["https://shop.example/"]}
items: {css: "article, li.card"}
fields:
  sku: {css: "::attr(data-sku)"}
  title: {css: h2}
  own: {css: "h2::text"}
  deep: {css: "*::text"}
  any_title: {any: [{css: h3}, {css: "h2 a"}, {css: "::attr(data-sku)"}]}
  link: {css: "h2 a::attr(href)"}
  price: {css: ".price, .cost", re: "[0-9]+"}
  blank: {css: h2, re: " ?$"}
  bold: {css: "b, .price"}
  self: {css: ".card"}
  outside: {css: "main .price"}
  shout: {css: h2, map: {"one": "ONE"}, default: none}
  paths: {xpath: ".//h2"}
  all: {css: b, list: true}
  label: {template: "${item.title} ${item.sku}"}
"""
TEXTS = st.sampled_from(["", " ", "one", "12 EUR", "é & ü", "a\n b"])


def element(tag: str, inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return inner.map(lambda text: f"<{tag}>{text}</{tag.split()[0]}>")


LEAVES = st.one_of(
    TEXTS,
    element("h2", TEXTS),
    element("h3", TEXTS),
    element("b", TEXTS),
    element("p class=price", TEXTS),
    element("span class=cost", TEXTS),
    element("h2", st.tuples(TEXTS, element("a href=/x", TEXTS)).map("".join)),
    element("p class='price b'", element("b", TEXTS)),
)
PARTS = st.lists(st.one_of(LEAVES, element("div", LEAVES)), max_size=6).map("".join)
CARDS = st.one_of(
    element("article data-sku=1", PARTS),
    element("article class=card", PARTS),
    element("li class=card data-sku=''", PARTS),
    element("article data-sku=2", st.tuples(PARTS, element("article data-sku=3", PARTS)).map("".join)),
    element("section", element("article data-sku=4", PARTS)),
)
ROW = st.builds(
    lambda n: f"<article data-sku={n}><h2><a href=/{n}>one</a></h2><p class=price>{n} EUR</p></article>",
    st.integers(0, 9),
)
PAGES = st.one_of(st.lists(ROW, max_size=6), st.lists(st.one_of(CARDS, LEAVES), max_size=8)).map(
    lambda cards: f"<nav><h2>menu</h2></nav><main>{''.join(cards)}</main><b>foot</b>"
)


@pytest.fixture(scope="module")
def scraper(tmp_path_factory: pytest.TempPathFactory) -> Scraper:
    folder: Path = tmp_path_factory.mktemp("sources")
    (folder / "shop.yaml").write_text(RULES)
    return load_scraper(load_sources(folder)["shop"])


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(html=PAGES)
def test_columns_give_what_single_items_give(scraper: Scraper, page_of: Callable[..., Page], html: str) -> None:
    compiled = scraper.pages[""]
    one_by_one = ItemReader(compiled.finder, compiled.fields)
    one_by_one._by_columns = False
    page = page_of(html)

    by_columns = compiled.reader.read(compiled.document(page), None)
    singly = one_by_one.read(compiled.document(page), None)

    assert compiled.reader._by_columns
    assert [found.item for found in by_columns] == [found.item for found in singly]


def columns_of(html: str, cards: str) -> Columns:
    root = LexborHTMLParser(html).root
    assert root is not None
    return Columns(select(root, cards), root)


def test_a_listing_with_one_node_a_card_is_read_as_columns() -> None:
    columns = columns_of("<p><i>1</i></p><p><i>2</i></p>", "p")

    assert columns.read(CompiledSelector(Selector(css="i"))) == ["1", "2"]


def test_cards_inside_cards_are_not_read_as_columns() -> None:
    assert columns_of("<div><div><i>1</i></div></div>", "div").read(CompiledSelector(Selector(css="i"))) is None


def test_a_page_full_of_matches_elsewhere_is_not_read_as_columns() -> None:
    columns = columns_of("<a>menu</a>" * 100 + "<p><a>1</a></p>", "p")

    assert columns.read(CompiledSelector(Selector(css="a"))) is None


def test_the_second_match_of_one_card_is_not_taken_for_that_of_another() -> None:
    columns = columns_of("<p><i>1</i><i>2</i></p><p></p>", "p")

    assert columns.read(CompiledSelector(Selector(css="i"))) == ["1", None]
