from pathlib import Path
from typing import Any

import pytest

from schemas.page import Page
from schemas.request import Request
from scrapers.extraction.document import Document
from scrapers.extraction.scraper import reader
from scrapers.extraction.skeleton import MOST_LOOKED_AT, MOST_OF_A_PAGE, Sampling, signs_of
from scrapers.source_files.load import load_sources


def page_of(body: str, kind: str = "text/html", **more: Any) -> Page:
    return Page(
        Request("shop", "http://shop.test/", "e1"), 200, "", (("Content-Type", kind),), body.encode(), 0.0, **more
    )


def signs(body: str, kind: str = "text/html") -> set[str]:
    return set(signs_of(Document(page_of(body, kind))))


def test_html_is_told_by_its_elements_classes_and_attributes():
    found = signs("<ul class=list><li class='card' data-sku=4711><b>Lamp</b><p>9</p></li></ul>")

    assert found - {"html>head", "html>body", "body>ul"} == {
        "ul.list", "ul>li", "li.card", "li[data-sku]", "li>b", "li>p",
    }  # fmt: skip


def test_nothing_that_a_page_says_is_a_sign():
    found = signs("<p title='Ann Doe' class='user-4711 x9f2ab'>Ann<script>var a = '<i>'</script><svg><g/></svg></p>")

    assert found == {"html>head", "html>body", "body>p", "p[title]"}


def test_more_of_the_same_makes_no_difference():
    assert signs("<ul><li class=a>1</ul>") == signs("<ul>" + "<li class=a>x" * 500 + "</ul>")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('{"data": [{"price": 1, "tags": ["x"]}]}', {"data", "data[]", "data[].price", "data[].tags", "data[].tags[]"}),
        ('{"by_user": {"ann@shop.test": {"age": 7}, "4711": {"age": 8}}}', {"by_user", "by_user.*", "by_user.*.age"}),
        ('[[1, 2], {"a": null}]', {"[]", "[][]", "[].a"}),
    ],
)
def test_json_is_told_by_the_ways_to_its_keys(body: str, found: set[str]):
    assert signs(body, "application/json") == found


def test_xml_is_told_by_its_elements():
    assert signs("<?xml version='1.0'?><rss><item id='1'><dc:date xmlns:dc='x'/></item></rss>", "text/xml") == {
        "rss>item", "item[id]", "item>dc:date",
    }  # fmt: skip


def test_a_text_has_none():
    assert signs("a,b\n1,2", "text/csv") == set()


def test_a_huge_page_is_looked_at_from_its_top():
    many = "".join(f"<p class={chr(97 + n // 676)}{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}>x" for n in range(2000))
    deep = "[" * 300 + "]" * 300
    last = "<p>x" * MOST_LOOKED_AT + "<h1>the end</h1>"

    assert len(signs(many)) == MOST_OF_A_PAGE
    assert max(map(len, signs(deep, "application/json"))) < 50
    assert "body>h1" not in signs(last)


def test_pages_are_sampled_ever_more_rarely_and_by_type_and_execution():
    samples = Sampling()
    listing = page_of("")
    other = page_of("")
    other.request = Request("shop", "http://shop.test/", "e2")

    assert [number for number in range(1, 20) if samples(listing)] == [1, 2, 4, 8, 16]
    assert samples(other)


SHOP = """
source: shop
table: shop.items
items: {css: b}
fields: {sku: {css: "::attr(id)", required: true}}
"""


def test_a_reading_has_the_skeleton_of_a_page_that_was_sampled(tmp_path: Path):
    (tmp_path / "shop.yaml").write_text(SHOP)
    sources = load_sources(tmp_path)
    good, empty = page_of("<b id=1>x</b>"), page_of("<i>redesigned</i>")
    wall = page_of("<title>Just a moment...</title><form id='challenge-form' action='/cdn-cgi/x'></form>")

    read, plainly = reader(sources, lambda _page: True), reader(sources)

    assert "b[id]" in read(good).skeleton
    assert "body>i" in read(empty).skeleton  # what is there instead of items: the most telling page of all
    assert (read(wall).verdict, read(wall).skeleton) == ("blocked", ())
    assert plainly(good).skeleton == ()
    assert plainly(good).items == read(good).items
