"""`from: xhr`: what a rendered page fetched for itself is a place to look in."""

from collections.abc import Callable

import pytest

from schemas.page import Captured, Page
from scrapers.extraction.scraper import Scraper

MENU = Captured("https://shop.example/api/menu", 200, "application/json", b'{"links": ["a"], "total": 0}')
LAMPS = Captured(
    "https://shop.example/api/products?page=1",
    200,
    "application/json; charset=utf-8",
    '{"rows": [{"id": 1, "name": "Lämp"}, {"id": 2, "name": "Bulb"}], "total": 3}'.encode(),
)
MORE = Captured("https://shop.example/api/products?page=2", 200, "text/plain", b')]}\'\n{"rows": [{"id": 3}]}')
BROKEN = Captured("https://shop.example/api/broken", 200, "application/json", b'{"rows": [')
RENDERED = "fetch: {mode: browser}\n"


@pytest.fixture
def read_with(make_scraper: Callable[..., Scraper], page_of: Callable[..., Page]):
    def read(rules: str, *answers: Captured):
        page = page_of("<h1>Lamps</h1>")
        page.rendered, page.captured = True, answers
        return make_scraper(RENDERED + rules).read(page)

    return read


def test_items_come_from_every_answer_in_the_order_of_arrival(read_with):
    rules = "items: {from: xhr, jmes: rows}\nfields: {id: {jmes: id, type: integer}, name: {jmes: name}}"

    items = read_with(rules, MENU, LAMPS, BROKEN, MORE).items

    assert items == [{"id": 1, "name": "Lämp"}, {"id": 2, "name": "Bulb"}, {"id": 3, "name": None}]


def test_a_field_takes_the_first_answer_that_has_it(read_with):
    rules = "fields: {title: {css: h1}, first: {from: xhr, jmes: 'rows[0].id', type: integer}}"

    assert read_with(rules, MENU, LAMPS, MORE).items == [{"title": "Lamps", "first": 1}]


def test_a_pattern_chooses_among_the_answers(read_with):
    rules = "fields: {total: {from: xhr, xhr: '/api/products', jmes: total, type: integer}}"

    assert read_with(rules, MENU, LAMPS).items == [{"total": 3}]
    assert read_with(rules.replace("/api/products", "shop.example/api/m*"), LAMPS, MENU).items == [{"total": 0}]
    items = "items: {from: xhr, xhr: '*page=2', jmes: rows}\nfields: {id: {jmes: id, type: integer}}"
    assert read_with(items, LAMPS, MORE).items == [{"id": 3}]


def test_members_of_a_chain_look_where_the_field_looks(read_with):
    rules = "fields: {n: {from: xhr, xhr: '*products*', any: [{jmes: count}, {jmes: total}], type: integer}}"

    assert read_with(rules, MENU, LAMPS).items == [{"n": 3}]


def test_a_page_that_fetched_nothing_has_nothing_there(read_with):
    reading = read_with("items: {from: xhr, jmes: rows}\nfields: {id: {jmes: id}}")

    assert reading.items == []


def test_explaining_names_the_answers_as_the_place(make_scraper, page_of):
    page = page_of("<h1>Lamps</h1>")
    page.captured = (LAMPS,)
    scraper = make_scraper(RENDERED + "fields: {total: {from: xhr, xhr: '*products', jmes: total}}")

    assert [selector for _, _, selector, _ in scraper.explain(page)] == ["from: xhr, xhr: *products, jmes: total"]
