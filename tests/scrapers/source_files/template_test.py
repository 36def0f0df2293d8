"""`${...}`: filled for its place, and never a way to a secret."""

import datetime
from decimal import Decimal

import pytest

from scrapers.source_files.template import (
    TemplateError,
    fill,
    fill_query,
    fill_secrets,
    fill_secrets_url,
    fill_url,
    fill_value,
    inert_url,
    placeholders,
)

ITEM = {"sku": "A 1", "n": 7, "none": None, "tags": ["x", {"name": "y"}], "ok": True, "price": Decimal("1.50")}
SECRETS = {"key": "s3cr3t/&"}.__getitem__


def test_dotted_paths_lead_into_nested_items():
    assert fill("${item.tags.1.name} ${item.n} ${item.ok} ${item.price}", item=ITEM) == "y 7 true 1.50"
    assert fill("${params.day}", params={"day": datetime.date(2026, 1, 31)}) == "2026-01-31"


def test_a_doubled_dollar_is_a_literal_until_it_is_sent():
    assert fill_secrets(fill("$${x} ${item.n}", item=ITEM), SECRETS) == "${x} 7"


def test_placeholders_are_listed_without_literals():
    assert placeholders("${a.b}/$${c}/${secret.d}") == ["a.b", "secret.d"]


@pytest.mark.parametrize(
    ("text", "message", "missing"),
    [
        ("${item.skuu}", "${item.skuu}: there is no `skuu` here; known: sku, n, none, tags, ok, price", False),
        ("${itm.sku}", "${itm.sku}: there is no `itm` here; known: item", False),
        ("${item.none}", "${item.none}: is null here", True),
        ("${item.none.x}", "${item.none.x}: `item.none` is null here", True),
        ("${item.tags}", "${item.tags}: is a list, where a text or number is needed", False),
        ("${item.tags.5}", "${item.tags.5}: there is no `5` here; known: nothing", False),
    ],
)
def test_an_error_names_the_placeholder_and_what_there_is(text, message, missing):
    with pytest.raises(TemplateError) as error:
        fill(text, item=ITEM)

    assert str(error.value) == message
    assert error.value.missing is missing


def test_a_lone_placeholder_in_data_keeps_its_type():
    filled = fill_value({"id": "${item.n}", "all": ["${item.tags}"], "text": "no ${item.n}", "flat": 3}, item=ITEM)

    assert filled == {"id": 7, "all": [["x", {"name": "y"}]], "text": "no 7", "flat": 3}


@pytest.mark.parametrize(
    ("template", "value", "url"),
    [
        ("https://x.test/${v}", "a b/ä?#", "https://x.test/a%20b/%C3%A4%3F%23"),
        ("https://x.test/?q=${v}", "a b&c=d/ä+", "https://x.test/?q=a%20b%26c%3Dd%2F%C3%A4%2B"),
        ("https://x.test/#${v}", "a b", "https://x.test/#a%20b"),
        ("https://${v}.x.test/", "de-at", "https://de-at.x.test/"),
        ("https://x.test${v}", "/c/lamps?page=2&x=%20", "https://x.test/c/lamps?page=2&x=%20"),
        ("${v}", "https://x.test/a?b=c", "https://x.test/a?b=c"),
        ("/p/${v}", "a/b c", "/p/a/b%20c"),
        ("https://x.test/p", "unused", "https://x.test/p"),
    ],
)
def test_values_are_encoded_for_the_part_of_the_url_they_stand_in(template, value, url):
    assert fill_url(template.replace("${v}", "${item.v}"), item={"v": value}) == url


@pytest.mark.parametrize("value", ["@evil.test/", "evil.test/x?", "a b", ":80@x", "x#", "\\evil"])
def test_a_value_in_a_host_cannot_lead_to_another_host(value):
    with pytest.raises(TemplateError, match="cannot stand in a host name"):
        fill_url("https://shop.test${item.v}", item={"v": value})


def test_secrets_stay_placeholders_until_they_are_sent():
    url = fill_url("https://x.test/?k=${secret.key}&s=${item.sku}", item=ITEM)

    assert url == "https://x.test/?k=${secret.key}&s=A%201"
    assert fill_secrets_url(url, SECRETS) == "https://x.test/?k=s3cr3t%2F%26&s=A%201"
    assert fill_secrets("Bearer ${secret.key}", SECRETS) == "Bearer s3cr3t/&"
    assert fill_query("${secret.key}") == "${secret.key}"


@pytest.mark.parametrize(
    "page_says",
    [
        "${secret.key}",
        "$${secret.key}",
        "$",
        "{secret.key}",
        "$$",
        "${secret.key",
        "$%7Bsecret.key%7D",
        "%24{secret.key}",
    ],
)
def test_no_page_can_ask_for_a_secret(page_says):
    item = {"a": page_says, "b": "{secret.key}", "c": "$"}
    texts = [
        fill("${item.a}", item=item),
        fill("${item.a}${item.b}", item=item),
        fill("${item.c}${item.b}", item=item),
        fill_value("${item.a}", item=item),
        fill_value({"x": ["${item.c}${item.b}"]}, item=item)["x"][0],
    ]
    urls = [
        inert_url(f"https://x.test/{page_says}"),
        fill_url("https://x.test/${item.a}${item.b}?${item.c}${item.b}", item=item),
    ]

    for text in texts:
        assert "s3cr3t" not in fill_secrets(text, SECRETS)
    assert fill_secrets(texts[0], SECRETS) == page_says
    for url in urls:
        assert "s3cr3t" not in fill_secrets_url(url, SECRETS)
        assert "${" not in url
        assert "$%7B" not in url
