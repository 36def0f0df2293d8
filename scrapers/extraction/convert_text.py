"""Converters of texts and links."""

import html
import re
from collections.abc import Callable
from typing import Any

import ada_url

from scrapers.extraction.convert_context import ConvertContext, Converter, ConvertError, text_in
from scrapers.extraction.markup import fold, text_of_markup

__all__ = ["CONVERTERS", "lines_in"]

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u2060\ufeff\xad"))


def lines_in(value: Any) -> list[str]:
    """Entities (escaped once or twice, as feeds and plugins do) and tags gone; a line for each line and block."""
    text = value if isinstance(value, str) else text_in(value, "a text")
    for _ in range(2):
        if not _ENTITY.search(text):
            break
        if _TAG.search(text):
            text = "\n".join(text_of_markup(text))
        text = html.unescape(text)
    lines = text_of_markup(text) if _TAG.search(text) else text.splitlines()
    return [line for line in (fold(line.translate(_INVISIBLE)) for line in lines) if line]


def text() -> Converter:
    """One folded line without tags and entities; `false`, which plugins write for an empty text, is none."""
    return lambda value, _: None if value is False else " ".join(lines_in(value)) or None


def lines() -> Converter:
    """A list: a line for each line and each block of markup."""
    return lambda value, _: lines_in(value)


def replace(pattern: str = "", by: str = "") -> Converter:
    """The text with every match of a regular expression replaced; `by` may name its groups (`\\1`)."""
    if not isinstance(pattern, str) or not pattern or not isinstance(by, str):
        raise ValueError(
            f"option `pattern`: expected a regular expression, and `by` a text, not {pattern!r} and {by!r}"
        )
    try:
        compiled = re.compile(pattern)
        compiled.sub(by, "")
    except (re.error, IndexError) as error:
        raise ValueError(f"option `pattern` or `by`: {error}") from None
    return lambda value, _: fold(compiled.sub(by, text_in(value, "a text"))) or None


def lower() -> Converter:
    """In lower case."""
    return lambda value, _: text_in(value, "a text").lower()


def upper() -> Converter:
    """In upper case."""
    return lambda value, _: text_in(value, "a text").upper()


def split(by: str = ",") -> Converter:
    """A list of the parts between the separators, folded, empty ones left out."""
    if not isinstance(by, str) or not by:
        raise ValueError(f"option `by`: expected a text, not {by!r}")
    return lambda value, _: [part for part in map(fold, text_in(value, "a text").split(by)) if part]


def join(by: str = ", ") -> Converter:
    """One text of a list of texts."""
    if not isinstance(by, str):
        raise ValueError(f"option `by`: expected a text, not {by!r}")

    def convert(value: Any, _: ConvertContext) -> str | None:
        parts = value if isinstance(value, list) else [value]
        return by.join(text_in(part, "texts") for part in parts if part not in (None, "")) or None

    return convert


def unique() -> Converter:
    """A list without repetitions, in its order."""
    return lambda value, _: (
        [each for at, each in enumerate(value) if each not in value[:at]] if isinstance(value, list) else value
    )


def url() -> Converter:
    """Absolute, as a browser resolves it against the page (WHATWG URL Standard)."""

    def convert(value: Any, context: ConvertContext) -> str:
        link = text_in(value, "a URL")
        try:
            return ada_url.join_url(context.url, link) if context.url else ada_url.URL(link).href
        except ValueError:
            raise ConvertError("expected a URL, absolute or relative to the page") from None

    return convert


CONVERTERS: dict[str, Callable[..., Converter]] = {
    each.__name__: each for each in (text, lines, replace, lower, upper, split, join, unique, url)
}
