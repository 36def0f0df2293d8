"""XML: feeds and the answers of older interfaces."""

import pytest

from scrapers.extraction.tolerant_body import BadDocument
from scrapers.extraction.xml_tree import XmlTree, inner_xml, xml_text

RSS = """<?xml version="1.0" encoding="iso-8859-1"?>
<rss xmlns:media="http://m"><channel><title>Feed</title>
<item><title>One</title><link>https://x.example/1</link><media:content url="a.png"/></item></channel></rss>"""


def test_links_of_a_feed_are_elements_with_text() -> None:
    tree = XmlTree(RSS)

    assert [xml_text(node) for node in tree.css("item > link", tree.root)] == ["https://x.example/1"]


def test_prefixed_names_need_their_prefix() -> None:
    tree = XmlTree(RSS)

    assert tree.xpath("//media:content/@url", tree.root) == ["a.png"]
    assert [node.get("url") for node in tree.css("media|content", tree.root)] == ["a.png"]
    assert tree.xpath("//geo:lat", tree.root) == []


def test_names_of_a_default_namespace_stand_without_one() -> None:
    tree = XmlTree('<a xmlns="http://a"><b>1<c xmlns="http://c">2</c></b></a>')

    assert (xml_text(tree.root), len(tree.css("a > b > c", tree.root))) == ("12", 1)


def test_text_has_no_comments_and_inner_xml_everything() -> None:
    root = XmlTree("<a> x <!-- no --><b>y</b> z </a>").root

    assert (xml_text(root), inner_xml(root)) == ("x y z", " x <!-- no --><b>y</b> z ")


def test_broken_xml_is_read_as_far_as_it_goes_and_no_entity_is_fetched() -> None:
    tree = XmlTree('<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;<b>1</b>\x01<c>2')

    assert xml_text(tree.root) == "12"


def test_what_holds_no_element_is_refused() -> None:
    with pytest.raises(BadDocument):
        XmlTree("no markup")


def test_a_css_selector_that_xml_has_no_meaning_for_is_refused() -> None:
    tree = XmlTree("<a/>")

    with pytest.raises(ValueError, match="for XML"):
        tree.css("a:hover-or-so", tree.root)


def test_a_billion_laughs_stay_small() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))

    tree = XmlTree(f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><a>&e9;</a>')

    assert len(xml_text(tree.root)) < 1000
