"""Links that a selector or a page gives, as absolute URLs."""

import re
from typing import Any

from lxml import etree
from selectolax.lexbor import LexborNode

from scrapers.extraction.document import Document
from scrapers.extraction.scope import Scope
from scrapers.extraction.selectors import CompiledSelector, hits
from scrapers.source_files.model import LinkRule

__all__ = ["PageLinks", "urls_at"]

_LINK_ATTRIBUTES = ("href", "src", "content", "value")


def urls_at(selector: CompiledSelector, scope: Scope) -> list[str]:
    """The http(s) URLs that a selector gives, each once; of an element its link rather than its text."""
    texts = [_link_of(match) for match in selector.matches(scope)]
    if selector.pattern is not None:
        texts = [hit for text in texts for hit in hits(selector.pattern, text)]
    urls = (scope.document.absolute(text) for text in texts if isinstance(text, str) and text.strip())
    return list(dict.fromkeys(url for url in urls if url is not None))


def _link_of(match: Any) -> Any:
    if isinstance(match, LexborNode):
        attributes = match.attributes
        named = next((attributes[name] for name in _LINK_ATTRIBUTES if attributes.get(name)), None)
        return named if named is not None else match.text()
    if isinstance(match, etree._Element):
        return match.get("href") or match.text
    return match


class PageLinks:
    """`follow: {links: ...}`: the links inside some elements whose URL is allowed."""

    def __init__(self, rule: LinkRule) -> None:
        """Compiles. Raises ValueError for what cannot be read."""
        self._within = CompiledSelector(rule.within) if rule.within is not None else None
        self._allow = [_pattern(text) for text in rule.allow]
        self._deny = [_pattern(text) for text in rule.deny]

    def urls(self, scope: Scope) -> list[str]:
        """Absolute http(s) URLs without fragments, each once, in page order."""
        places = self._within.scopes(scope) if self._within is not None else [scope]
        hrefs = (link for place in places if isinstance(place.node, LexborNode) for link in _hrefs(place.node))
        return [url for url in _absolute(scope.document, hrefs) if self._is_wanted(url)]

    def _is_wanted(self, url: str) -> bool:
        allowed = not self._allow or any(pattern.search(url) for pattern in self._allow)
        return allowed and not any(pattern.search(url) for pattern in self._deny)


def _hrefs(node: LexborNode) -> list[str]:
    links = [link.attributes.get("href") for link in node.css("a[href]")]
    links += [area.attributes.get("href") for area in node.css("area[href]")]
    return [link for link in links if link]


def _absolute(document: Document, hrefs: Any) -> list[str]:
    found = (document.absolute(href) for href in dict.fromkeys(hrefs))
    return list(dict.fromkeys(url for url in found if url is not None))


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"`{text}` is not a regular expression: {error}") from None
