"""A rendered page is traced back to the answers that hold what it shows."""

import json
from typing import Any

from schemas.page import Captured, Page
from schemas.request import Request
from scrapers.proposal.data_sources import find_data_sources

LAMPS = [{"id": 7 + n, "name": f"Lamp {n} of glass", "price": 1200.5 + n, "tags": ["new"]} for n in range(12)]


def rendered(html: str, *answers: tuple[str, Any]) -> Page:
    captured = tuple(Captured(url, 200, "application/json", json.dumps(body).encode()) for url, body in answers)
    page = Page(Request("shop", "https://shop.test/", "e"), 200, "https://shop.test/", (), html.encode(), 0.0)
    page.rendered, page.captured = True, captured
    return page


def cards(lamps: list[dict[str, Any]]) -> str:
    items = "".join(f"<li><h3>{lamp['name']}</h3><b>€ {lamp['price']:,.2f}</b></li>" for lamp in lamps)
    return f"<nav><a>Home</a><a>About us</a></nav><script>let hidden = 'Lamp 99'</script><ul>{items}</ul>"


def test_the_answer_with_the_items_is_found_among_others():
    page = rendered(
        cards(LAMPS),
        ("https://shop.test/api/menu", {"links": [{"text": "Home"}, {"text": "About us"}]}),
        ("https://shop.test/api/visits", [{"at": 1}, {"at": 2}]),
        ("https://shop.test/api/lamps?page=1", {"data": {"items": LAMPS}, "total": 300}),
    )

    (found,) = find_data_sources(page)

    assert (found.url, found.jmes, found.count, found.shown) == (
        "https://shop.test/api/lamps?page=1", "data.items", 12, 12,
    )  # fmt: skip
    assert found.share > 0.9
    told = "this page loads its data from https://shop.test/api/lamps?page=1: scrape that instead "
    assert str(found).startswith(told + "(12 objects in `data.items`; ")


def test_an_answer_with_more_than_the_page_shows_is_found():
    (found,) = find_data_sources(rendered(cards(LAMPS[:4]), ("https://shop.test/api", LAMPS)))

    assert (found.jmes, found.count, found.shown) == ("@", 12, 4)


def test_nothing_is_found_where_nothing_is_shown_of_it():
    others = [{"name": f"Chair {n}"} for n in range(9)]

    assert find_data_sources(rendered(cards(LAMPS), ("https://shop.test/api", others))) == []
    assert find_data_sources(rendered(cards(LAMPS))) == []
    assert find_data_sources(rendered("", ("https://shop.test/api", LAMPS))) == []
    broken = rendered(cards(LAMPS))
    broken.captured = (Captured("https://shop.test/api", 200, "application/json", b'{"a": '),)
    assert find_data_sources(broken) == []


def test_texts_that_hold_markup_are_compared_without_it():
    news = [{"html": f"<p>Story {n} is long</p>"} for n in range(5)]
    page = rendered("".join(f"<p>Story {n} is long</p>" for n in range(5)), ("https://shop.test/n", {"news": news}))

    assert [found.jmes for found in find_data_sources(page)] == ["news"]
