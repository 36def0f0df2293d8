"""How listings go on, and how they end."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from schemas.page import Page
from schemas.reading import Reading
from schemas.request import Request
from scrapers.extraction.scraper import Scraper

Read = Callable[..., Reading]
ITEMS = "items: {css: li}\nfields: {name: {css: b}}\n"
ROWS = "<li><b>1</b>"
JSON = "items: {jmes: rows}\nfields: {name: {jmes: name}}\n"


def next_of(reading: Reading) -> Request:
    assert len(reading.follow_ups) == 1
    return reading.follow_ups[0]


@pytest.mark.parametrize(
    ("rule", "html", "url"),
    [
        ('css: "a[rel=next]::attr(href)"', "<a rel=next href='?page=2'>", "https://shop.example/c/lamps?page=2"),
        ('css: "a[rel=next]"', "<a rel=next href='/p/2#top'>Next</a>", "https://shop.example/p/2"),
        ('css: "a[rel=next]"', "<base href='//cdn.example/x/'><a rel=next href='2'>", "https://cdn.example/x/2"),
        ("xpath: \"//a[. = 'Next']/@href\"", "<a href=' /p/2 '>Next</a>", "https://shop.example/p/2"),
        ('css: "link[rel=next]"', "<link rel=next href=/p/2>", "https://shop.example/p/2"),
    ],
)
def test_a_link(read: Read, rule: str, html: str, url: str) -> None:
    following = next_of(read(f"{ITEMS}next: {{{rule}}}", ROWS + html))

    assert (following.url, following.page_number, following.depth) == (url, 2, 0)


@pytest.mark.parametrize(
    "href", ["javascript:more()", "mailto:a@b.example", "", "#", "https://shop.example/c/lamps", "http://["]
)
def test_what_is_no_other_page_ends_a_listing(read: Read, href: str) -> None:
    reading = read(f'{ITEMS}next: {{css: "a::attr(href)"}}', f"{ROWS}<a href='{href}'>")

    assert (len(reading.items), reading.follow_ups) == (1, [])


def test_a_link_in_json(read: Read) -> None:
    body = '{"rows": [{"name": "x"}], "links": {"next": "/api?after=7"}}'

    assert next_of(read(f"{JSON}next: {{jmes: links.next}}", body, "application/json")).url.endswith(
        ".example/api?after=7"
    )


def test_reaching_max_pages_is_reported(read: Read) -> None:
    rules = f"{ITEMS}next: {{css: a, max_pages: 3}}"

    assert next_of(read(rules, f"{ROWS}<a href=/4>", page_number=2)).page_number == 3
    ended = read(rules, f"{ROWS}<a href=/4>", page_number=3)
    assert (ended.follow_ups, ended.notes) == ([], ["next stopped at max_pages 3"])
    assert read(rules, ROWS, page_number=3).notes == []


@pytest.mark.parametrize(
    ("url", "page_number", "following"),
    [
        ("https://shop.example/c", 1, "https://shop.example/c?p=2"),
        ("https://shop.example/c?p=5&q=a%20b", 1, "https://shop.example/c?q=a%20b&p=6"),
        ("https://shop.example/c?p=x", 2, "https://shop.example/c?p=3"),
    ],
)
def test_a_counted_parameter(read: Read, url: str, page_number: int, following: str) -> None:
    rules = f"{ITEMS}next: {{page: {{param: p}}}}"

    assert next_of(read(rules, ROWS, url=url, page_number=page_number)).url == following


def test_counting_in_steps_from_a_start(read: Read) -> None:
    rules = f"{ITEMS}next: {{page: {{param: offset, from: 0, step: 20}}}}"

    assert next_of(read(rules, ROWS)).url.endswith("?offset=20")
    assert next_of(read(rules, ROWS, page_number=3)).url.endswith("?offset=60")


def test_counting_ends_where_there_are_no_items_and_that_is_no_failure(read: Read) -> None:
    rules = f"{ITEMS}next: {{page: {{param: p}}}}"

    past = read(rules, "<p>No more results", page_number=9)
    assert (past.verdict, past.items, past.follow_ups) == ("empty", [], [])
    assert read(rules, "<p>No results", page_number=1).verdict == "ok"


def test_the_same_page_again_ends_a_counted_listing(
    make_scraper: Callable[..., Scraper], page_of: Callable[..., Page]
) -> None:
    scraper = make_scraper(f"{ITEMS}next: {{page: {{param: p}}}}")
    second = next_of(scraper.read(page_of(ROWS)))

    again = scraper.read(Page(second, 200, second.url, (("Content-Type", "text/html"),), ROWS.encode(), 0.0))
    other = scraper.read(Page(second, 200, second.url, (("Content-Type", "text/html"),), b"<li><b>2</b>", 0.0))

    assert (again.items, again.follow_ups, again.verdict) == ([], [], "empty")
    assert (other.items, next_of(other).page_number) == ([{"name": "2"}], 3)


def test_a_cursor_goes_into_the_query(read: Read) -> None:
    rules = f"{JSON}next: {{cursor: {{jmes: meta.next}}, param: after}}"

    body = '{"rows": [{"name": "x"}], "meta": {"next": "a=b c"}}'
    assert next_of(read(rules, body, "application/json", url="https://x.example/api?n=5&after=old")).url == (
        "https://x.example/api?n=5&after=a%3Db%20c"
    )
    assert read(rules, '{"rows": [{"name": "x"}], "meta": {"next": null}}', "application/json").follow_ups == []


def test_a_cursor_goes_into_a_json_body(read: Read) -> None:
    rules = f"""{JSON}
request: {{json: {{query: q, variables: {{first: 10}}}}}}
next: {{cursor: {{jmes: end}}, param: variables.after}}
"""

    following = next_of(read(rules, '{"rows": [{"name": "x"}], "end": "c1"}', "application/json"))

    assert following.method == "POST"
    assert orjson.loads(following.body or b"") == {"query": "q", "variables": {"first": 10, "after": "c1"}}


def test_secrets_in_the_address_stay_placeholders(read: Read) -> None:
    url = "https://x.example/api?key=${secret.k}"
    rules = f"secrets: env\n{JSON}next: {{page: {{param: p}}}}"

    assert next_of(read(rules, '{"rows": [{"name": "x"}]}', "application/json", url=url)).url == f"{url}&p=2"


def test_a_counted_listing_of_links_goes_on_without_items(read: Read) -> None:
    rules: Any = """
pages:
  listing: {next: {page: {param: p}}, follow: {to: detail, url: {css: "a::attr(href)"}}}
  detail: {fields: {name: {css: h1}}}
"""
    reading = read(rules, "<a href=/1><a href=/2>", page_type="listing")

    assert [(request.page_type, request.page_number) for request in reading.follow_ups] == [
        ("detail", 1), ("detail", 1), ("listing", 2),
    ]  # fmt: skip
