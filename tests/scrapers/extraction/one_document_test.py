"""CSS and XPath see the same document: the tree of the HTML Standard's parser."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from scrapers.extraction.css_query import select
from scrapers.extraction.html_tree import HtmlTree, NestedTooDeeply


def by_css(tree: HtmlTree, query: str) -> list[str]:
    return [node.html or "" for node in select(tree.root, query)]


def by_xpath(tree: HtmlTree, path: str) -> list[str]:
    return [node.html for node in tree.xpath(etree.XPath(path), tree.root)]


@pytest.mark.parametrize(
    ("html", "css", "xpath"),
    [
        ("<table><tr><td>1</table>", "table > tr", "//table/tr"),
        ("<table><tr><td>1</table>", "table > tbody > tr", "//table/tbody/tr"),
        ("<table><tr><td>1</table>", "td", "/html/body/table/tbody/tr/td"),
        ("<p>one<p>two<div>three", "p + p", "//p/following-sibling::p[1]"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>", "ul > li", "//ul/li"),
        ("<b><p>mis</b>nested</p>", "p > b", "//p/b"),
        ("<table><p>fostered<tr><td>1</table>", "table", "//table"),
        ("<template><p>in</p></template><p>out", "p", "//p"),
        ("<template><p>in</p></template>", "template > p", "//template/p"),
        ("<svg><a xlink:href=x><style>q</style></a></svg>", "svg a", "//svg//a"),
        ("<a @click=x v-on:y=z 'q'>t</a>", "a", "//a[@*]"),
        ("<select><option>1<option>2</select>", "option", "//option"),
        ("<noscript><img src=x></noscript>", "img", "//img"),
        ("<title>a&amp;b</title>", "title", "//title[. = 'a&b']"),
        ("a<br/>b<img>c", "br, img", "//br | //img"),
        ("", "body", "//body"),
    ],
)
def test_both_find_the_same_elements(html: str, css: str, xpath: str) -> None:
    tree = HtmlTree(html)

    assert by_css(tree, css) == by_xpath(tree, xpath)


def test_a_table_has_the_body_that_the_parser_gives_it() -> None:
    tree = HtmlTree("<table><tr><td>1</table>")

    assert by_css(tree, "table > tr") == by_xpath(tree, "//table/tr") == []
    assert len(by_css(tree, "table > tbody > tr")) == 1


SOUP = "<p> <b> </b> </p> <table> <tr> <td> </table> <li> x <!--c--> <a\x01=1> \x00 & <template> </template> <svg> </"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(SOUP.split(" "))).map("".join))
def test_any_soup_is_one_document(html: str) -> None:
    tree = HtmlTree(html)

    assert by_css(tree, "body *") == by_xpath(tree, "//body//*")
    assert "".join(tree.root.text().split()) == "".join(
        "".join(tree.xpath(etree.XPath("//text()"), tree.root)).split()
    ).replace("\x01", "")


def test_comments_are_seen_by_xpath() -> None:
    tree = HtmlTree("<p><!-- a--b -->x</p>")

    assert tree.xpath(etree.XPath("string(//comment())"), tree.root) == ["a--b"]


def test_ten_thousand_nested_elements_are_read() -> None:
    tree = HtmlTree("<div>" * 10_000 + "x")

    assert len(select(tree.root, "div")) == 10_000
    assert tree.xpath(etree.XPath("count(//div)"), tree.root) == [10_000.0]


def test_deeper_nesting_is_refused_before_it_costs_minutes() -> None:
    with pytest.raises(NestedTooDeeply):
        HtmlTree("<div>" * 200_000)


def test_a_long_page_of_unclosed_list_items_is_not_deep() -> None:
    assert len(select(HtmlTree("<ul>" + "<li><p>x<br>" * 60_000).root, "li")) == 60_000


@pytest.mark.parametrize(
    "html", ["<a " + " ".join(f"a{n}=1" for n in range(60_000)) + ">", "<i></b>" * 60_000, "<svg>" * 60_000]
)
def test_markup_that_would_cost_seconds_to_parse_is_refused(html: str) -> None:
    with pytest.raises(NestedTooDeeply):
        HtmlTree(html)


def test_a_long_script_and_a_long_attribute_are_no_attack() -> None:
    tree = HtmlTree(f"<script>var x = {'1 + ' * 60_000}1</script><img src='data:{'A' * 300_000}'>")

    assert len(select(tree.root, "script, img")) == 2
