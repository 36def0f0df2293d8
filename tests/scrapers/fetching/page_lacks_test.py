from typing import Any

import pytest

from schemas.reading import FieldProblem, Reading
from schemas.request import Request
from scrapers.fetching.page_lacks import gave_more, lacks
from scrapers.source_files.model import PageType

LISTING = PageType.model_validate(
    {"items": {"css": "li"}, "fields": {"title": {"css": "h3"}, "price": {"css": "b", "required": True}}}
)
MAY_BE_EMPTY = LISTING.model_copy(update={"empty": "ok"})
LINKS = PageType.model_validate({"follow": {"links": {"allow": ["/p/"]}}})
NEXT = Request("shop", "http://shop.test/2", "e1")
CARRIED = Request("shop", "http://shop.test/p/1", "e1", item={"title": "Lamp"})


def items(count: int, **more: Any) -> Reading:
    return Reading(items=[{"title": "Lamp"}] * count, **more)


@pytest.mark.parametrize(
    ("reading", "page_type", "said"),
    [
        (items(30), LISTING, ""),
        (items(30, missing={"price": 3}), LISTING, "price missing on 3 of 30 items"),
        (items(1, missing={"price": 1, "sku": 1}), LISTING, "price missing, sku missing"),
        (Reading(), LISTING, "no items"),
        (Reading(), MAY_BE_EMPTY, ""),
        (Reading(verdict="empty"), LISTING, ""),
        (Reading(follow_ups=[NEXT]), LISTING, "no items"),
        (Reading(follow_ups=[NEXT]), LINKS, ""),
        (Reading(), LINKS, "no items"),
        (Reading(follow_ups=[CARRIED]), LISTING, ""),
        (Reading(follow_ups=[CARRIED], missing={"price": 1}), LISTING, "price missing"),
        (Reading(filtered=3), LISTING, ""),
        (Reading(verdict="blocked"), LISTING, ""),
        (Reading(verdict="login_required"), LISTING, ""),
    ],
)
def test_what_a_page_lacks(reading: Reading, page_type: PageType, said: str) -> None:
    assert lacks(reading, page_type) == said


def test_a_required_field_that_cannot_be_read_is_as_good_as_missing_and_another_is_not() -> None:
    unread = [FieldProblem("price", "convert", "a price", "Loading..."), FieldProblem("title", "convert", "a title")]

    assert lacks(items(2, problems={0: unread}), LISTING) == "price missing on 1 of 2 items"


def test_an_item_without_any_field_lacks_them_all() -> None:
    nothing = [FieldProblem("", "item", "none of its fields was found")]

    assert lacks(items(1, problems={0: nothing}), LISTING) == "every field missing"


@pytest.mark.parametrize(
    ("http", "browser", "more"),
    [
        (Reading(), items(30), True),
        (Reading(), items(30, missing={"price": 1}), True),
        (items(30, missing={"price": 3}), items(30), True),
        (items(30, missing={"price": 3}), items(30, missing={"price": 2}), True),
        (items(30, missing={"price": 3}), items(30, missing={"price": 3}), False),
        (items(30, missing={"price": 30}), items(28), True),
        (items(30, missing={"price": 3}), items(20, missing={"price": 1}), False),
        (items(30, missing={"price": 3}), Reading(), False),
        (items(30, missing={"price": 3}), Reading(verdict="empty"), False),
        (items(30, missing={"price": 3}), Reading(verdict="blocked"), False),
        (Reading(follow_ups=[NEXT]), Reading(follow_ups=[NEXT, CARRIED]), True),
        (Reading(), Reading(), False),
    ],
)
def test_the_browser_gave_more(http: Reading, browser: Reading, more: bool) -> None:
    assert gave_more(http, browser, LISTING) is more


def test_links_count_where_a_page_is_there_for_them() -> None:
    assert gave_more(Reading(), Reading(follow_ups=[NEXT]), LINKS)
