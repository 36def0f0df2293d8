"""Requests survive as JSON."""

import datetime
from decimal import Decimal

import pytest

from schemas.request import Request
from schemas.request_json import json_text, request_from_json, request_id_of, request_to_json

FULL = Request(
    "shop",
    "https://shop.test/ä?q=1",
    "exec",
    page_type="detail",
    method="POST",
    headers=(("X-Key", "${secret.key}"), ("X-Key", "two")),
    body=b'{"q": "\xc3\xa4"}',
    params={"page": 2},
    item={"sku": "A1", "tags": ["x"], "price": None},
    session="login",
    depth=3,
    page_number=7,
    referrer="abc",
    previous_items="def",
)


@pytest.mark.parametrize(
    "request_", [FULL, Request("s", "http://a.test/", "e"), Request("s", "u", "e", body=b"\xff\x00")]
)
def test_a_request_comes_back_as_it_was(request_: Request) -> None:
    assert request_from_json(request_to_json(request_)) == request_


def test_an_empty_body_and_an_empty_item_are_not_none() -> None:
    request = Request("s", "http://a.test/", "e", body=b"", item={})

    restored = request_from_json(request_to_json(request))

    assert (restored.body, restored.item) == (b"", {})


def test_carried_numbers_and_dates_keep_the_identity_of_what_follows() -> None:
    item = {"price": Decimal("12.50"), "at": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)}
    restored = request_from_json(request_to_json(Request("s", "http://a.test/", "e", item=item)))

    live = Request("s", "http://a.test/next", "e", item=item)
    again = Request("s", "http://a.test/next", "e", item=restored.item)

    assert again.request_id == live.request_id


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"source": 1, "url": "u", "execution_id": "e"}', "null", "\xff"])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        request_from_json(text)
    assert request_id_of(text) == ""


def test_anything_can_be_kept_as_json_text() -> None:
    endless: list[object] = []
    endless.append(endless)

    assert json_text({"b": 1, "a": Decimal("1.0")}) == '{"a":"1","b":1}'
    for strange in ("\ud800", 2**80, endless, {"x": object()}):
        assert json_text(strange).isascii()
