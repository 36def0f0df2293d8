import pytest
from selectolax.lexbor import LexborHTMLParser

from scrapers.proposal.next_links import find_next

URL = "https://shop.example/lamps"


@pytest.mark.parametrize(
    ("html", "rule"),
    [
        ("<a rel='next' href='?page=2'>2</a>", {"css": "a[rel~=next]::attr(href)"}),
        ("<ul><li class='next'><a href='/lamps/2'>more</a></li></ul>", {"css": "li.next > a::attr(href)"}),
        ("<a href='/lamps/2'> Next » </a>", {"xpath": "//a[normalize-space()='Next »']/@href"}),
        ("<a href='/lamps?seite=2'>2</a>", {"page": {"param": "seite", "from": 1}}),
    ],
)
def test_the_way_on_is_found(html: str, rule: dict[str, object]):
    found = find_next(LexborHTMLParser(html), URL)

    assert found is not None
    assert found[0] == rule


@pytest.mark.parametrize(
    "html",
    [
        "<a rel='next' href='#'>Next</a>",
        "<a rel='next' href='https://elsewhere.example/'>Next</a>",
        "<a rel='next' href='/lamps'>this very page</a>",
        "<a href='/p/next-generation-lamp'>Next generation lamp</a>",
        "<a href='/rugs?page=2'>2</a>",
        "<a href='/lamps?sort=2'>by price</a>",
        "<a href='http://[broken'>Next</a>",
    ],
)
def test_what_does_not_lead_on_is_no_next(html: str):
    assert find_next(LexborHTMLParser(html), URL) is None
