"""Design rule 5, as a source file sees it."""

from collections.abc import Callable
from typing import Any

import pytest

from schemas.reading import Reading


def field(read: Callable[..., Reading], rule: str, html: str) -> Any:
    """The value of one field of a page that is one item."""
    reading = read(f"fields: {{x: {rule}, always: {{xpath: 'count(/*)', type: integer}}}}", html)
    return reading.items[0]["x"]


@pytest.mark.parametrize(
    ("rule", "html", "value"),
    [
        ("{css: li}", "<li> One\n <b>two</b>  three </li>", "One two three"),
        ("{css: li}", "<li>a<br>b<p>c</p>d</li>", "a b c d"),
        ("{css: li}", "<li>f<b>oo</b>bar</li>", "foobar"),
        ("{css: li}", "<li>seen<script>var x</script><style>b{}</style></li>", "seen"),
        ("{css: li}", "<li>first<li>second", "first"),
        ("{css: li}", "<li></li><li>second</li>", None),
        ("{css: li}", "<li> \n </li>", None),
        ("{css: li}", "<p>no list", None),
        ("{css: script}", "<script>var x = '  a  b'</script>", "var x = '  a  b'"),
        ('{css: "li::text"}', "<li>own<b>inner</b>more</li>", "own"),
        ('{css: "li::text"}', "<li><b>inner</b>own</li>", "own"),
        ('{css: "li::text"}', "<li>\n<b>x</b>y</li>", None),
        ('{css: "li *::text"}', "<li>own<b>inner</b></li>", "inner"),
        ('{css: "li ::text"}', "<li>own<b>inner</b></li>", "inner"),
        ('{css: "::text"}', "<p>a<b>b</b>", "a"),
        ('{css: "a::attr(href)"}', "<a>none</a><a href='/x'>x</a>", "/x"),
        ('{css: "a::attr(href)"}', "<a href=''>empty</a><a href='/x'>x</a>", None),
        ('{css: "::attr(data-id)"}', "<p data-id=7>x", "7"),
        ('{css: "h2::text, a::attr(href)"}', "<a href=/x>x</a><h2>t</h2>", "/x"),
        ('{css: "h1::text, h2::text"}', "<h2>two</h2><h1>one</h1>", "two"),
        ("{css: a, html: true}", "<a>x<b>y</b></a>", "x<b>y</b>"),
        ('{css: "a:contains(Next)::attr(href)"}', "<a href=1>Back</a><a href=2>Next</a>", "2"),
        ('{xpath: "string(//li)"}', "<li> a <b>b</b></li>", " a b"),
        ("{xpath: //li}", "<li> a <b>b</b></li>", "a b"),
        ('{xpath: "//a/@href"}', "<a href=/x>", "/x"),
        ('{xpath: "count(//li)", type: integer}', "<li><li>", 2),
        ('{xpath: "number(//li) div 2", type: float}', "<li>5", 2.5),
        ('{xpath: "number(//li)", type: float}', "<li>no", None),
        ('{css: li, re: "[0-9]+"}', "<li>no. 12 of 30", "12"),
        ('{css: li, re: "([0-9]+) of"}', "<li>no. 12 of 30", "12"),
        ('{css: li, re: "([0-9]+) left"}', "<li>none<li>3 left", "3"),
        ('{css: li, re: "x"}', "<li>none", None),
        ("{from: url}", "<p>", "https://shop.example/c/lamps"),
        ('{from: url, re: "/c/(.*)"}', "<p>", "lamps"),
        ("{from: headers, jmes: content_type}", "<p>", "text/html; charset=utf-8"),
        ('{from: comments, css: b}', "<!-- <b>hidden</b> -->", "hidden"),
        ('{from: script, jmes: state.name}', "<script>window.x = {state: {name: 'Emma'}}</script>", "Emma"),
        ('{css: "script#d", jmes: a.b}', '<script id=d type=application/json>{"a": {"b": "c"}}</script>', "c"),
        ('{css: "::attr(data-j)", jmes: b}', """<p data-j='{"b": "c"}'>""", "c"),
        ('{opengraph: "og:title"}', '<meta property="og:title" content="Soup">', "Soup"),
        (
            "{jsonld: Product, jmes: name}",
            '<script type="application/ld+json">{"@type": "Product", "name": "Lamp"}</script>',
            "Lamp",
        ),
        (
            "{microdata: Product, jmes: name}",
            '<p itemscope itemtype="https://schema.org/Product"><b itemprop=name>Lamp</b>',
            "Lamp",
        ),
    ],
)  # fmt: skip
def test_the_value_of_a_selector(read: Callable[..., Reading], rule: str, html: str, value: object) -> None:
    assert field(read, rule, html) == value


@pytest.mark.parametrize(
    ("rule", "html", "values"),
    [
        ("{css: li, list: true}", "<li>a<li><li>b", ["a", "b"]),
        ("{css: li, list: true}", "<p>", []),
        ('{css: "*::text", list: true}', "<div>a<div>b<i>c</i></div>d</div>", ["a", "b", "c", "d"]),
        ('{css: "div::text", list: true}', "<div>a<div>b</div>c</div><div>d</div>", ["a", "b", "c", "d"]),
        ('{css: "h1, .t", list: true}', "<h1 class=t>once</h1><b class=t>two</b>", ["once", "two"]),
        ('{css: "li", re: "[0-9]", list: true}', "<li>1 2<li>x<li>3", ["1", "2", "3"]),
        ('{xpath: "//li/text()", list: true}', "<li>a<b>x</b>b<li>c", ["a", "b", "c"]),
    ],
)
def test_a_list_has_every_match_that_is_not_empty(
    read: Callable[..., Reading], rule: str, html: str, values: list[str]
) -> None:
    assert field(read, rule, html) == values
