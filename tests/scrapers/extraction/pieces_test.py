"""Items between line breaks and under headings."""

from collections.abc import Callable

import pytest

from schemas.reading import Reading
from scrapers.source_files.load import SourceFileErrors

Read = Callable[..., Reading]


def test_line_breaks_part_items_wherever_they_stand(read: Read) -> None:
    rules = """
items: {css: p, split: br, where: {css: a}}
fields:
  text: {from: item}
  link: {css: "a::attr(href)", convert: url}
  page: {from: page, css: h1}
"""
    body = "<h1>Shop</h1><p>May 1 <a href='/x>y'>Agenda<br></a>May 2 <b><a href=/2>Agenda</a></b><br><br>closed</p>"

    assert read(rules, body).items == [
        {"text": "May 1 Agenda", "link": "https://shop.example/x%3Ey", "page": "Shop"},
        {"text": "May 2 Agenda", "link": "https://shop.example/2", "page": "Shop"},
    ]


def test_a_heading_begins_an_item_that_reaches_to_the_next(read: Read) -> None:
    rules = """
items: {css: main, split: "h2, h3"}
fields:
  name: {css: "h2, h3"}
  dates: {css: li, list: true}
"""
    may, june = "<h2>May</h2><ul><li>1<li>2</ul>", "<div><h3>June</h3>text</div><ul><li>3</ul>"
    body = f"<main><p>All dates<ul><li>no</ul>{may}{june}</main>"

    assert read(rules, body).items == [{"name": "May", "dates": ["1", "2"]}, {"name": "June", "dates": ["3"]}]


def test_a_match_without_a_cut_is_one_item_and_the_page_stays_as_it_was(read: Read) -> None:
    rules = "items: {css: p, split: br}\nfields: {text: {from: item}, all: {from: page, css: main}}"

    items = read(rules, "<main><p>one</p><p>two<br>three</p></main>").items

    assert [item["text"] for item in items] == ["one", "two", "three"]
    assert {item["all"] for item in items} == {"one two three"}


@pytest.mark.parametrize("split", ["a::text", "h2[", "br, a::attr(href)"])
def test_a_cut_is_at_elements(read: Read, split: str) -> None:
    with pytest.raises(SourceFileErrors, match="split"):
        read(f"items: {{css: p, split: '{split}'}}\nfields: {{t: {{css: b}}}}", "<p>")
