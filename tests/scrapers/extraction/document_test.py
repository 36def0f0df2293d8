"""What a body is, and what it is read as."""

from collections.abc import Callable

import pytest

from schemas.page import Page
from scrapers.extraction.document import BadDocument, Document

PageOf = Callable[..., Page]


@pytest.mark.parametrize(
    ("content_type", "body", "kind"),
    [
        ("text/html; charset=utf-8", "<p>x", "html"),
        ("text/html", '{"a": 1}', "json"),
        ("text/html", "{ template } <p>", "html"),
        ("text/html", '<?xml version="1.0"?><rss><channel/></rss>', "xml"),
        ("application/json", " [1]", "json"),
        ("application/ld+json", "{}", "json"),
        ("application/json", "<html>blocked", "html"),
        ("application/rss+xml", "<rss/>", "xml"),
        ("text/xml", "<!DOCTYPE html><p>", "html"),
        ("application/xhtml+xml", '<?xml version="1.0"?><html xmlns="x"><p>', "html"),
        ("text/plain", "BEGIN:VCALENDAR", "json"),
        ("text/calendar", "<html>blocked", "html"),
        ("text/plain", "plain words", "text"),
        ("text/plain", '\ufeff{"a": 1}', "json"),
        ("", "<!doctype html><p>", "html"),
        ("", ")]}'\n{}", "json"),
        ("application/javascript", 'callback({"a": 1});', "json"),
        ("", "", "text"),
    ],
)
def test_the_kind_of_a_body(page_of: PageOf, content_type: str, body: str, kind: str) -> None:
    assert Document(page_of(body, content_type)).kind == kind


def test_the_source_file_decides_when_it_says_something(page_of: PageOf) -> None:
    assert Document(page_of("<p>x", "text/html"), declared_kind="text").root == "<p>x"
    assert Document(page_of("äö".encode("latin-1"), "text/plain; charset=utf-8"), "latin1").text == "äö"


def test_broken_json_is_refused_and_what_only_looked_like_json_is_html(page_of: PageOf) -> None:
    with pytest.raises(BadDocument, match="not JSON"):
        _ = Document(page_of('{"a": [1, 2', "application/json")).root
    document = Document(page_of("{ not json }", "text/html"))
    assert (document.root.tag, document.kind) == ("html", "html")


@pytest.mark.parametrize("body", ["", " ", "no markup"])
def test_xml_that_is_none_is_refused(page_of: PageOf, body: str) -> None:
    with pytest.raises(BadDocument):
        _ = Document(page_of(body, "text/xml")).root


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("x?a=b c#top", "https://shop.example/c/x?a=b%20c"),
        ("//other.example", "https://other.example/"),
        (" \n/x\t", "https://shop.example/x"),
        ("HTTPS://SHOP.example:443/../y", "https://shop.example/y"),
        ("javascript:void(0)", None),
        ("mailto:a@b.example", None),
        ("data:text/html,x", None),
        ("ftp://x.example/", None),
        ("http://[", None),
        ("tel:1", None),
    ],
)
def test_links_become_absolute_http_urls(page_of: PageOf, link: str, url: str | None) -> None:
    assert Document(page_of("<p>")).absolute(link) == url


@pytest.mark.parametrize(
    ("html", "base"),
    [
        ("<base href='/a/'><p>", "https://shop.example/a/"),
        ("<BASE HREF='//cdn.example/x'>", "https://cdn.example/x"),
        ("<base href='javascript:1'>", "https://shop.example/c/lamps"),
        ("<base target=_top>", "https://shop.example/c/lamps"),
    ],
)
def test_the_base_of_relative_links(page_of: PageOf, html: str, base: str) -> None:
    assert Document(page_of(html)).base_url == base


def test_links_are_relative_to_where_redirects_led(page_of: PageOf) -> None:
    assert (
        Document(page_of("<p>", final_url="https://shop.example/de/c/")).absolute("x") == "https://shop.example/de/c/x"
    )


def test_repeated_headers_are_joined_and_reachable_without_quotes(page_of: PageOf) -> None:
    headers = Document(page_of("", headers={"X-Total": "5"})).headers

    assert (headers["x-total"], headers["x_total"]) == ("5", "5")
