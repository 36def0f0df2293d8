"""Reads sitemaps (sitemaps.org), and the feeds and lists of URLs that sites serve in their place. Never raises.

Real ones are wrong in every way: other namespaces, URLs without `loc`, white space, cut ends, gzip without saying so.
What can be read is taken.
"""

import codecs
import dataclasses
import datetime
import email.utils
import functools
import io
import re
import zlib
from collections.abc import Iterator

import ada_url
from lxml import etree

from schemas.page import Page
from schemas.request import Request
from scrapers.source_files.loaded import LoadedSource
from scrapers.source_files.model import Sitemap, Source
from scrapers.source_files.request_rules import make_request
from scrapers.source_files.template import TemplateError

__all__ = ["SITEMAP", "read_sitemap", "sitemap_rules"]

SITEMAP = "$sitemap"
"""The reserved page type of a sitemap's own request."""

MAX_BYTES = 52_428_800
"""Of one file, uncompressed (sitemaps.org, "Using Sitemap index files")."""

_MAX_DEPTH = 5
_PAGES = {"url", "item", "entry"}
_DAYS = re.compile(r"(\d+)\s*days?")
_BARE_AMPERSAND = re.compile(rb"&(?!#?\w{1,32};)")
_NO_PAGE = re.compile(r"(?i)\s*<(!doctype\s+html|html)")


@dataclasses.dataclass(frozen=True, slots=True)
class _Entry:
    url: str
    changed: str
    is_sitemap: bool


def sitemap_rules(source: Source) -> list[Sitemap]:
    """The sitemaps that a source starts from."""
    sitemap = source.seeds.sitemap if source.seeds else None
    return [] if sitemap is None else [Sitemap(url=sitemap) if isinstance(sitemap, str) else sitemap]


def read_sitemap(page: Page, loaded: LoadedSource) -> tuple[list[Request], list[Request]]:
    """What a fetched sitemap names: requests for pages of the first page type, and requests for further sitemaps."""
    rule = next(iter(sitemap_rules(loaded.source)), Sitemap(url=page.url))
    since = _since(rule.since, page.fetched_at)
    pages: list[Request] = []
    sitemaps: list[Request] = []
    for entry in _entries(_unpacked(page.body)):
        url = _absolute(entry.url, page.url) if entry.url else ""
        if not url or (since and entry.changed and entry.changed < since[: len(entry.changed)]):
            continue
        if entry.is_sitemap:
            if page.request.depth < _MAX_DEPTH:
                sitemaps.append(_sitemap_request(page.request, url))
        elif _wanted(url, rule):
            pages.append(_page_request(page.request, loaded, url))
    return pages, sitemaps


def _sitemap_request(parent: Request, url: str) -> Request:
    return dataclasses.replace(parent, url=url, depth=parent.depth + 1, referrer=parent.request_id, request_id="")


def _page_request(parent: Request, loaded: LoadedSource, url: str) -> Request:
    page_type = next(iter(loaded.source.page_types()))
    try:
        return make_request(
            loaded, page_type, url, execution_id=parent.execution_id, params=parent.params, parent=parent
        )
    except TemplateError:  # its fetch ends as a letter
        return Request(parent.source, url, parent.execution_id, page_type, depth=parent.depth + 1)


def _absolute(url: str, base: str) -> str:
    try:
        url = ada_url.join_url(base, url)
    except ValueError:
        return ""
    return url if url.startswith(("http://", "https://")) else ""


def _wanted(url: str, rule: Sitemap) -> bool:
    allowed = not rule.allow or any(_compiled(pattern).search(url) for pattern in rule.allow)
    return allowed and not any(_compiled(pattern).search(url) for pattern in rule.deny)


@functools.lru_cache(1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _since(text: str | None, now: float) -> str:
    """The first day wanted, as an ISO date; empty for all."""
    if not text:
        return ""
    if found := _DAYS.fullmatch(text.strip()):
        day = datetime.datetime.fromtimestamp(now, datetime.UTC) - datetime.timedelta(days=int(found[1]))
        return day.date().isoformat()
    return text.strip()[:10]


def _unpacked(body: bytes) -> bytes:
    """The file itself; a gzip that is cut or goes on too long is used as far as it goes."""
    unpacked = b""
    while body[:2] == b"\x1f\x8b" and len(unpacked) < MAX_BYTES:
        unzip = zlib.decompressobj(31)
        try:
            unpacked += unzip.decompress(body, MAX_BYTES - len(unpacked))
        except zlib.error:
            break
        body = unzip.unused_data
        if not body:
            return unpacked
    return unpacked or body[:MAX_BYTES]


def _entries(body: bytes) -> Iterator[_Entry]:
    start = body[:1000].removeprefix(codecs.BOM_UTF8).lstrip()
    if _NO_PAGE.match(start.decode("latin-1")):
        return
    if start.startswith((b"<", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield from _from_xml(body)
    elif b"\x00" not in start:
        for line in body.decode("utf-8-sig", "replace").splitlines():
            if line.strip().lower().startswith(("http://", "https://")):
                yield _Entry(line.strip(), "", False)


def _from_xml(body: bytes) -> Iterator[_Entry]:
    options = {"recover": True, "resolve_entities": False, "no_network": True, "huge_tree": False}
    if b"<![CDATA[" not in body and b"\x00" not in body[:1000]:
        body = _BARE_AMPERSAND.sub(b"&amp;", body)
    try:
        for _, element in etree.iterparse(io.BytesIO(body.lstrip()), events=("end",), **options):
            name = _local(element)
            if name in _PAGES or name == "sitemap":
                yield _Entry(_address(element, name), _changed(element), name == "sitemap")
                element.clear()
    except etree.LxmlError:
        return


def _local(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _address(element: etree._Element, name: str) -> str:
    for child in element:
        if _local(child) in ("loc", "link") or (_local(child) == "guid" and (child.text or "").strip()[:4] == "http"):
            if child.get("href") and child.get("rel", "alternate") == "alternate" and name == "entry":
                return str(child.get("href")).strip()
            if child.text and child.text.strip():
                return str(child.text).strip()
    return str(element.text or "").strip() if name in ("sitemap", "url") else ""


def _changed(element: etree._Element) -> str:
    """The day of the last change as ISO text, as exact as it was given; empty when there is none."""
    for child in element:
        if _local(child) in ("lastmod", "updated", "published", "pubdate") and child.text:
            text = str(child.text).strip()
            if re.match(r"\d{4}(-\d\d(-\d\d)?)?", text):
                return text[:10] if re.match(r"\d{4}-\d\d-\d\d", text) else text[:7] if text[4:5] == "-" else text[:4]
            try:
                return email.utils.parsedate_to_datetime(text).date().isoformat()
            except ValueError:
                return ""
    return ""
