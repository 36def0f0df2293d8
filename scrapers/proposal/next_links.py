"""How a listing goes on: a link marked as next, a link that says so, or a counted parameter."""

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qsl, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scrapers.hosts import registrable_domain

__all__ = ["find_next"]

_MARKED = (
    ("a[rel~=next]", "a link marked rel=next"),
    ("link[rel~=next]", "the page's head, rel=next"),
    ("li.next > a", "li.next"),
    (".next a", ".next"),
    ("a.next", "a.next"),
    (".pagination-next a", ".pagination-next"),
    (".pager-next a", ".pager-next"),
    ("a.pagination-next", "a.pagination-next"),
    ("a[aria-label='Next']", "labelled Next"),
    ("a[aria-label='Next page']", "labelled Next page"),
    ("a[title='Next']", "titled Next"),
)
_SAID = re.compile(
    r"(?:next|next page|older|older posts|older entries|more results|weiter|nächste|nächste seite|suivant|"
    r"page suivante|siguiente|próxima|seguinte|successiva|volgende|nästa|neste|dalej|"
    r"następna|следующая|次へ|下一页)\s*[»›→>]*",
    re.IGNORECASE,
)
_PARAMETERS = (
    "page",
    "p",
    "pg",
    "paged",
    "pagenumber",
    "page_num",
    "pageno",
    "seite",
    "pagina",
    "start",
    "offset",
    "from",
)


def find_next(page: LexborHTMLParser, url: str) -> tuple[dict[str, object], str] | None:
    """The `next` rule and where it came from; None when the page does not lead on."""
    return _marked(page, url) or _said(page, url) or _counted(page, url)


def _marked(page: LexborHTMLParser, url: str) -> tuple[dict[str, object], str] | None:
    for selector, origin in _MARKED:
        node = page.css_first(selector)
        if node is not None and _leads_on(node.attributes.get("href"), url):
            return {"css": f"{selector}::attr(href)"}, origin
    return None


def _said(page: LexborHTMLParser, url: str) -> tuple[dict[str, object], str] | None:
    for node in page.css("a[href]"):
        text = " ".join(node.text(deep=True).split())
        if len(text) <= 30 and _SAID.fullmatch(text) and _leads_on(node.attributes.get("href"), url):
            quote = '"' if "'" in text else "'"
            return {"xpath": f"//a[normalize-space()={quote}{text}{quote}]/@href"}, f'a link that says "{text}"'
    return None


def _counted(page: LexborHTMLParser, url: str) -> tuple[dict[str, object], str] | None:
    """`?page=2` in a link to this very path, where this page has 1 or nothing."""
    here = dict(parse_qsl(urlsplit(url).query))
    for parameter, value in _own_parameters(page, url):
        current = here.get(parameter, "1")
        if parameter.lower() in _PARAMETERS[:-3] and current.isdecimal() and value == str(int(current) + 1):
            return {"page": {"param": parameter, "from": int(current)}}, f"links to {parameter}={value}"
    return None


def _own_parameters(page: LexborHTMLParser, url: str) -> Iterator[tuple[str, str]]:
    path = urlsplit(url).path.rstrip("/")
    for node in page.css("a[href*='=']"):
        target = _resolved(node, url)
        if target is not None and target.path.rstrip("/") == path:
            yield from parse_qsl(target.query)


def _resolved(node: LexborNode, url: str) -> SplitResult | None:
    try:
        return urlsplit(urljoin(url, node.attributes.get("href") or ""))
    except ValueError:
        return None


def _leads_on(link: str | None, url: str) -> bool:
    if not link or link.startswith(("#", "javascript:")):
        return False
    try:
        target = urlsplit(urljoin(url, link))
    except ValueError:
        return False
    here = urlsplit(url)
    same_site = registrable_domain(target.hostname or "") == registrable_domain(here.hostname or "")
    return same_site and target._replace(fragment="") != here._replace(fragment="")
