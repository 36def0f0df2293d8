"""A page's body as what it is: HTML, JSON, XML or text, each parsed when it is first asked for."""

import functools
from typing import Any, Literal

import ada_url

from schemas.page import Captured, Page
from scrapers.extraction import comments, opengraph, script_json
from scrapers.extraction.calendar_json import is_calendar, read_calendar
from scrapers.extraction.convert_context import ConvertContext
from scrapers.extraction.html_tree import HtmlTree
from scrapers.extraction.jsonld import Graph
from scrapers.extraction.microdata import Microdata
from scrapers.extraction.tolerant_body import BadDocument, load_json
from scrapers.extraction.xml_tree import XmlTree
from scrapers.fetching import charset

__all__ = ["BadDocument", "Document", "Kind", "Tree"]

Kind = Literal["html", "json", "xml", "text"]
Tree = HtmlTree | XmlTree
_FEEDS = (b"<rss", b"<feed", b"<urlset", b"<sitemapindex", b"<rdf:rdf")
_HTML = (b"<!doctype html", b"<html", b"<head", b"<body")


class Document:
    """One answer, for as long as it is read.

    Args:
      declared_charset: what the source file says of the encoding; None when it says nothing.
      declared_kind: what the source file says of the kind of answer; None when it says nothing.
    """

    def __init__(self, page: Page, declared_charset: str | None = None, declared_kind: Kind | None = None) -> None:
        self.page = page
        self._charset = None if page.rendered else declared_charset  # what a browser made is UTF-8
        self._content_type = page.header("content-type")
        self.kind: Kind = declared_kind or _kind(self._content_type, page.body)
        self._declared = declared_kind is not None

    @functools.cached_property
    def text(self) -> str:
        """The body as text."""
        return charset.decode(self.page.body, self._content_type, self._charset)

    @functools.cached_property
    def tree(self) -> Tree:
        """The tree of markup; any other kind is read as HTML, where it is at least a text."""
        return XmlTree(self.text) if self.kind == "xml" else HtmlTree(self.text)

    @functools.cached_property
    def root(self) -> Any:
        """The page as an item: an element, a JSON value or a text.

        Raises:
          BadDocument: the body is not of its kind.
        """
        if self.kind == "json":
            if is_calendar(self.page.body):
                return read_calendar(self.text)
            try:
                return load_json(self.page.body, lambda: self.text)
            except BadDocument:
                if self._declared or "json" in self._content_type:
                    raise
                self.kind = "html"  # it only looked like JSON
        return self.text if self.kind == "text" else self.tree.root

    @functools.cached_property
    def commented(self) -> list[HtmlTree]:
        """The documents that stand in HTML comments."""
        return [HtmlTree(text) for text in comments.documents(self.text)]

    @functools.cached_property
    def scripts(self) -> list[Any]:
        """JSON in script elements."""
        return script_json.find(self.tree.root) if isinstance(self.tree, HtmlTree) else []

    @functools.cached_property
    def fetched(self) -> list[tuple[str, Any]]:
        """(URL, value) of the JSON answers that the rendered page fetched for itself, in order of arrival."""
        return [(one.url, value) for one in self.page.captured if (value := _json_of(one)) is not None]

    @functools.cached_property
    def graph(self) -> Graph:
        """The page's JSON-LD."""
        return Graph(self.tree.root if isinstance(self.tree, HtmlTree) else "")

    @functools.cached_property
    def microdata(self) -> Microdata:
        """The page's microdata."""
        return Microdata(self.tree.root if isinstance(self.tree, HtmlTree) else "")

    @functools.cached_property
    def properties(self) -> dict[str, list[str]]:
        """Open Graph and other properties of meta elements, by lower-case name."""
        return opengraph.properties(self.tree.root) if isinstance(self.tree, HtmlTree) else {}

    @functools.cached_property
    def headers(self) -> dict[str, str]:
        """Headers by lower-case name, and again with `_` for `-` since JMESPath would need quotes."""
        named: dict[str, str] = {}
        for name, value in self.page.headers:
            lower = name.lower()
            named[lower] = f"{named[lower]}, {value}" if lower in named else value
        return named | {name.replace("-", "_"): value for name, value in named.items()}

    @functools.cached_property
    def convert_context(self) -> ConvertContext:
        """What converters may know of the page."""
        return ConvertContext(self.base_url, self.page.request.params, self.page.fetched_at)

    @functools.cached_property
    def base_url(self) -> str:
        """What relative links are relative to: the final URL, or what `<base href>` makes of it."""
        if self.kind != "html" or not isinstance(self.tree, HtmlTree):
            return self.page.url
        base = self.tree.root.css_first("base[href]")
        href = base.attributes.get("href") if base is not None else None
        return self.absolute(href, self.page.url) or self.page.url if href else self.page.url

    def absolute(self, link: str, base: str | None = None) -> str | None:
        """A link as an http(s) URL without its fragment; None for mailto, javascript and what is no URL."""
        try:
            url = ada_url.URL(link.strip(), self.base_url if base is None else base)
        except ValueError:
            return None
        if url.protocol not in ("http:", "https:") or not url.hostname:
            return None
        url.hash = ""
        return str(url.href)


def _json_of(answer: Captured) -> Any:
    """The value in an answer; None when it is no JSON after all: the others may still hold what is looked for."""
    try:
        return load_json(answer.body, lambda: charset.decode(answer.body, answer.content_type, None))
    except BadDocument:
        return None


def _kind(content_type: str, body: bytes) -> Kind:
    """What a body is: its content type, unless the body plainly says otherwise."""
    mime = content_type.partition(";")[0].strip().lower()
    head = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    markup = head.startswith(b"<")
    if "json" in mime or is_calendar(body):
        return "html" if markup else "json"
    if markup and any(feed in head for feed in _FEEDS) and not any(tag in head for tag in _HTML):
        return "xml"
    if "html" in mime:
        return "json" if head[:1] in (b"{", b"[") and body.rstrip()[-1:] in (b"}", b"]") else "html"
    if "xml" in mime:
        return "html" if any(tag in head for tag in _HTML) else "xml"
    if head[:1] in (b"{", b"[") or head.startswith(b")]}"):
        return "json"
    if markup:
        return "xml" if head.startswith(b"<?xml") and not any(tag in head for tag in _HTML) else "html"
    if "javascript" in mime:
        return "json"
    return "text"
