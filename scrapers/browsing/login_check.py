"""Whether a page shows that its session is no longer logged in."""

from urllib.parse import urlsplit

from schemas.page import Page
from scrapers.extraction.css_query import parse_css, select
from scrapers.extraction.html_tree import HtmlTree, NestedTooDeeply
from scrapers.fetching.charset import decode
from scrapers.fetching.markers import find_marker
from scrapers.source_files.model import Source
from scrapers.source_files.model_browser import SessionCheck

__all__ = ["is_login_page", "logged_out", "session_lost"]


def logged_out(html: str, check: SessionCheck) -> str:
    """What on a page says that one is not logged in; empty when one is.

    >>> logged_out("<form id=login>", SessionCheck(gone="#login"))
    'there is `#login`'
    """
    try:
        tree = HtmlTree(html)
    except NestedTooDeeply:
        return ""  # nothing can be read from such a page: its parser says so
    if check.gone and _finds(tree, check.gone):
        return f"there is `{check.gone}`"
    if check.css and not _finds(tree, check.css):
        return f"there is no `{check.css}`"
    return ""


def _finds(tree: HtmlTree, css: str) -> bool:
    return any(select(tree.root, member.query) for member in parse_css(css))


def is_login_page(url: str, source: Source) -> bool:
    """Whether a URL is the one that the source logs in at, whatever its query."""
    login = source.session.login if source.session is not None else None
    return login is not None and _place(url) == _place(login.url)


def _place(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower(), parts.path or "/"


def session_lost(page: Page, source: Source, charset: str | None = None) -> str | None:
    """The same for a page as it was fetched: by the source's `check`, else by the marks of a login wall.

    None when the page does not tell: error pages and block pages do not look like pages of the site, whoever asks for
    them. Of what is no HTML, the status tells.

    Args:
      charset: overrides what the page says of its own encoding.
    """
    session = source.session
    if session is None:
        return None
    if page.status == 401:
        return "HTTP 401"
    if is_login_page(page.url, source) and not is_login_page(page.request.url, source):
        return f"it led to {session.login.url}" if session.login is not None else ""
    if not (200 <= page.status < 300 or page.status == 403):
        return None
    if not _is_html(page):
        return "" if page.status < 300 else None
    text = page.body.decode() if page.rendered else decode(page.body, page.header("content-type"), charset)
    lost = logged_out(text, session.check) if session.check is not None else ""
    if session.check is not None and not lost:
        return ""
    found = find_marker(page, text, source.markers)
    if found is not None and found.kind == "blocked":
        return None  # another log-in would not help, and would be impolite
    return lost or (found.marker if found is not None else "")


def _is_html(page: Page) -> bool:
    kind = page.header("content-type").lower()
    return page.rendered or "html" in kind or (not kind and page.body.lstrip()[:1] == b"<")
