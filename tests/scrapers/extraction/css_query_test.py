"""CSS as parsel writes it, on lexbor."""

import pytest

from scrapers.extraction.css_query import parse_css, select
from scrapers.extraction.html_tree import HtmlTree


@pytest.mark.parametrize(
    ("css", "members"),
    [
        ("a", [("a", "element", "")]),
        ("a::text", [("a", "text", "")]),
        ("a::attr(HREF)", [("a", "attr", "href")]),
        ("a::attr( 'xlink:href' )", [("a", "attr", "xlink:href")]),
        ("a ::text", [("a *", "text", "")]),
        ("a > ::attr(x)", [("a > [x]", "attr", "x")]),
        ("::text", [("*", "text", "")]),
        ("a, b", [("a, b", "element", "")]),
        ("a::text, b::text", [("a, b", "text", "")]),
        ("a::text, b", [("a", "text", ""), ("b", "element", "")]),
        ('a[title="x, y::text"]', [('a[title="x, y::text"]', "element", "")]),
        (":is(a, b)::text", [(":is(a, b)", "text", "")]),
        (r"a\,b", [(r"a\,b", "element", "")]),
    ],
)
def test_members_of_a_comma_list(css: str, members: list[tuple[str, str, str]]) -> None:
    assert [(one.query, one.kind, one.name) for one in parse_css(css)] == members


@pytest.mark.parametrize("css", ["", "a[", "a::", "a::before", "a::text b", ",", "a >", "p:first", "123"])
def test_what_is_no_selector_is_refused(css: str) -> None:
    with pytest.raises(ValueError, match="not a CSS selector"):
        parse_css(css)


@pytest.mark.parametrize(
    ("css", "texts"),
    [
        (":scope > b", ["own"]),
        ("> b", ["own"]),
        ("> b, > i b", ["own", "deep"]),
        ("b", ["own", "deep"]),
        ("main b", ["own", "deep"]),
        ("b, b, :is(b)", ["own", "deep"]),
        ("p", ["owndeep"]),
    ],
)
def test_selectors_are_relative_to_a_node_which_may_match_itself(css: str, texts: list[str]) -> None:
    tree = HtmlTree("<main><b>before</b><p id=p><b>own</b><i><b>deep</b></i></p></main>")
    node = select(tree.root, "#p")[0]

    assert [found.text() for found in select(node, parse_css(css)[0].query)] == texts
    assert "scope" not in (tree.root.html or "")
