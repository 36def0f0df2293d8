"""Open Graph and the other properties in a page's meta elements."""

from scrapers.extraction.markup import Markup, fold, parsed

__all__ = ["find", "properties"]


def find(markup: Markup, name: str) -> list[str]:
    """Every value of a property (`og:title`, `article:author`, `description`), in page order.

    >>> find('<meta property="og:title" content="Soup">', "og:title")
    ['Soup']
    """
    return properties(markup).get(name.strip().lower(), [])


def properties(markup: Markup) -> dict[str, list[str]]:
    """All properties by lower-case name; `property` and `name` alike, since sites mix them up."""
    named: dict[str, list[str]] = {}
    for node in parsed(markup).css("meta[content]"):
        attributes = node.attributes
        value = fold(attributes.get("content") or "")
        names = {attributes.get(key) or "" for key in ("property", "name", "itemprop")}
        for name in names if value else ():
            for each in name.lower().split():
                named.setdefault(each, []).append(value)
    return named
