"""Pages that stand in for the one that was asked for: blocks, CAPTCHAs and login walls inside a 200.

We detect and stop; nothing here is for getting past them. Ordinary pages load the same vendors' scripts and have login
forms and CAPTCHA widgets of their own, so a phrase counts only on a page that says little else.
"""

import html
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from schemas.page import Page
from scrapers.fetching import marker_signs as signs
from scrapers.source_files.model import Markers, Selector

__all__ = ["Found", "find_marker"]

Kind = Literal["blocked", "login_required"]
Matches = Callable[[Selector], bool]

_MAX_PAGE_BYTES = 65_536
_MAX_TITLED_BYTES = 262_144
_MAX_LINKS = 15
_MAX_TEXT_CHARS = 1_500
"""A stand-in is smaller, has fewer links and says less than this."""

_TITLE_WITHIN_BYTES = 16_384
_TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{0,1000})", re.IGNORECASE)
_UNSEEN = ["script", "style", "svg", "template"]
_SPACE = re.compile(r"\s+")
_PASSWORD = re.compile(rb"""type\s*=\s*["']?password""")


class Found(NamedTuple):
    """What a page turned out to be, and what gave it away."""

    kind: Kind
    marker: str


def find_marker(page: Page, text: str, markers: Markers | None = None, matches: Matches | None = None) -> Found | None:
    """Whether a page is a block page or a login wall; None for a page that is neither.

    Args:
      text: the page's body, decoded.
      markers: the source's own.
      matches: whether a selector of the source's markers gives something on this page.
    """
    if markers is not None:
        if found := _own(text, markers, matches):
            return found
        if markers.none:
            return None
    return _redirected(page) or _built_in(page.body or text.encode("utf-8", "replace"))


def _own(text: str, markers: Markers, matches: Matches | None) -> Found | None:
    """The source's own markers: texts in any case, and selectors."""
    if not (markers.blocked or markers.login):
        return None
    lowered = text.lower()
    kinds: tuple[tuple[Kind, list[Selector | str]], ...] = (
        ("blocked", markers.blocked),
        ("login_required", markers.login),
    )
    for kind, of_kind in kinds:
        for marker in of_kind:
            if isinstance(marker, str):
                if marker.lower() in lowered:
                    return Found(kind, marker)
            elif matches is not None and matches(marker):
                return Found(kind, _written(marker))
    return None


def _written(selector: Selector) -> str:
    return ", ".join(f"{key}: {value}" for key, value in selector.model_dump(exclude_defaults=True).items())


def _redirected(page: Page) -> Found | None:
    """A login page that was not asked for."""
    if page.url == page.request.url:
        return None
    path = urlsplit(page.url).path
    if signs.LOGIN_PATHS.search(path) and not signs.LOGIN_PATHS.search(urlsplit(page.request.url).path):
        return Found("login_required", f"redirect to {path[:100]}")
    return None


def _built_in(body: bytes) -> Found | None:
    by_title = _of_title(_title(body))
    if by_title:
        return _stand_in(body.lower(), by_title) if len(body) <= _MAX_TITLED_BYTES else None
    if len(body) > _MAX_PAGE_BYTES or b"<" not in body[:1024] or body.count(b"<a ") > _MAX_LINKS:
        return None
    return _stand_in(body.lower(), None)


def _title(body: bytes) -> str:
    match = _TITLE.search(body, 0, _TITLE_WITHIN_BYTES)
    if not match:
        return ""
    title = html.unescape(match[1].decode("utf-8", "replace"))
    return _SPACE.sub(" ", title).strip(" .!…").lower()[:200]


def _of_title(title: str) -> Found | None:
    if not title:
        return None
    for vendor, pattern in signs.BLOCKED_TITLES.items():
        if pattern.fullmatch(title):
            return Found("blocked", f"{vendor}: title {title!r}")
    return Found("login_required", f"title {title!r}") if signs.LOGIN_TITLES.fullmatch(title) else None


def _stand_in(lowered: bytes, by_title: Found | None) -> Found | None:
    """What a page with few links or with a suspicious title is, seen as a whole."""
    phrase = _first(_BLOCKED, lowered)
    widget = _first(_WIDGETS, lowered)
    password = b"password" in lowered and _PASSWORD.search(lowered) is not None
    login = _first(_LOGIN, lowered)
    if not (by_title or phrase or widget or password or login):
        return None
    seen = _visible(lowered)
    if len(seen) > _MAX_TEXT_CHARS:
        return None
    if by_title and by_title.kind == "blocked":
        return by_title
    if phrase:
        return Found("blocked", repr(phrase))
    if by_title or password:
        return by_title or Found("login_required", "a login form and little else")
    if widget and signs.WIDGET_PHRASES.search(seen):
        return Found("blocked", f"CAPTCHA: {widget}")
    return Found("login_required", repr(login)) if login and login in seen else None


def _encoded(table: Mapping[str, Iterable[str]]) -> list[tuple[bytes, list[bytes]]]:
    return [(word.encode(), [phrase.encode() for phrase in phrases]) for word, phrases in table.items()]


_BLOCKED = _encoded(signs.BLOCKED_PHRASES)
_WIDGETS = _encoded(signs.WIDGETS)
_LOGIN = _encoded(signs.LOGIN_PHRASES)


def _first(table: list[tuple[bytes, list[bytes]]], lowered: bytes) -> str | None:
    """The first phrase of the table that stands in the page; the words are there to make the usual "none" cheap."""
    for word, phrases in table:
        if word in lowered:
            for phrase in phrases:
                if phrase in lowered:
                    return phrase.decode()
    return None


def _visible(body: bytes) -> str:
    tree = LexborHTMLParser(body)
    tree.strip_tags(_UNSEEN)
    return _SPACE.sub(" ", tree.body.text(separator=" ")).strip() if tree.body else ""
