"""A selector of a source file, compiled once into functions from a place on a page to what stands there."""

import re
from collections.abc import Iterable
from typing import Any

import orjson
from lxml import etree
from selectolax.lexbor import LexborNode

from scrapers.extraction import stages
from scrapers.extraction.css_query import CssQuery, parse_css
from scrapers.extraction.element_text import whole_text
from scrapers.extraction.html_tables import TableRow
from scrapers.extraction.json_paths import Search, compile_jmes, keys_of
from scrapers.extraction.scope import Scope, elsewhere
from scrapers.extraction.stages import Stage
from scrapers.extraction.xml_tree import inner_xml, xml_text
from scrapers.source_files.model import Selector

__all__ = ["CompiledSelector", "compile_selector", "describe", "text_of"]

_KEYS = ("css", "xpath", "column", "jsonld", "microdata", "opengraph", "jmes", "const", "re")


class CompiledSelector:
    """One way to values.

    Attributes:
      label: the selector in one line.
      pattern: its `re`; None for none.
      plain: its one CSS query when it is nothing but that (and perhaps `re`): such fields can be read as columns.
      of_json: gives its first value in a JSON object, when it is nothing but JMESPath; else None.
      json_keys: the keys that lead there, when that is a plain path and a list is not one value.
    """

    def __init__(self, selector: Selector, *, html: bool = False, whole: bool = False) -> None:
        """Compiles.

        Args:
          html: elements are given as their inner HTML.
          whole: a list that JMESPath finds is one value, and not the matches.

        Raises:
          ValueError: the selector cannot be read; the message says why.
        """
        self.label = describe(selector)
        self.pattern = _pattern(selector.re)
        self._elsewhere = elsewhere(selector.from_, selector.xhr)
        self._stages = _stages(selector, whole)
        in_markup = selector.css is not None or selector.xpath is not None
        self._stages_of_json = self._stages[::-1] if in_markup and selector.jmes is not None else self._stages
        self._text = inner_html if html or selector.html else text_of
        only_css = len(self._stages) == 1 and selector.css is not None and not self._elsewhere and self._text is text_of
        members = parse_css(selector.css) if only_css and selector.css is not None else ()
        self.plain: CssQuery | None = members[0] if len(members) == 1 else None
        only_jmes = len(self._stages) == 1 and selector.jmes is not None and not self._elsewhere
        self.of_json = _first_in_json(str(selector.jmes), whole) if only_jmes and self.pattern is None else None
        self.json_keys = keys_of(str(selector.jmes)) if self.of_json is not None and not whole else ()

    def scopes(self, scope: Scope) -> list[Scope]:
        """Every match as a place of its own: an item, or what the fields of a record are relative to."""
        places = self._elsewhere(scope) if self._elsewhere else [scope]
        from_json = bool(places) and isinstance(places[0].node, dict | list)
        for stage in self._stages_of_json if from_json else self._stages:  # JSON that holds HTML, HTML that holds JSON
            places = [found for place in places for found in stage(place)]
        return places

    def matches(self, scope: Scope) -> list[Any]:
        """Every match as it stands on the page: elements, rows, JSON values, texts."""
        if self.plain is not None and type(scope.node) is LexborNode:
            return stages.read_query(self.plain, scope)
        return [place.node for place in self.scopes(scope)]

    def values(self, scope: Scope) -> list[Any]:
        """The text or value of every match, None for an empty one; `re` gives all that it matches in them."""
        found = map(self._text, self.matches(scope))
        if self.pattern is None:
            return [value_or_none(value) for value in found]
        return [value for text in found for value in hits(self.pattern, text)]

    def first(self, scope: Scope) -> Any:
        """The value of the first match; None when there is none or it is empty."""
        if self.of_json is not None and type(scope.node) is dict and self._text is text_of:
            return self.of_json(scope.node)
        if self.plain is not None and self.pattern is None and type(scope.node) is LexborNode:
            return self.first_of(stages.read_first(self.plain, scope.node))
        return self.first_of(self.matches(scope))

    def finds(self, scope: Scope) -> bool:
        """Whether something is there: an element, even an empty one; a value, but not `false`; a match of `re`."""
        matches = self.matches(scope)
        if self.pattern is None:
            return any(map(_is_something, matches))
        return any(self.pattern.search(_as_text(text)) for text in map(self._text, matches) if text is not None)

    def first_of(self, matches: list[Any]) -> Any:
        """As `first`, of matches that were found already."""
        if self.pattern is None:
            return value_or_none(self._text(matches[0])) if matches else None
        for match in matches:
            text = self._text(match)
            if isinstance(text, str):
                hit = self.pattern.search(text)
                if hit is not None:
                    return value_or_none(hit[1] if self.pattern.groups else hit[0])
            else:
                for value in hits(self.pattern, text):
                    return value
        return None


def _first_in_json(text: str, whole: bool) -> Search:
    """From an object to the first value that JMESPath finds in it; None when there is none or it is empty."""
    search = compile_jmes(text)

    def first(value: dict[str, Any]) -> Any:
        found = search(value)
        if type(found) is list and not whole:
            found = found[0] if found else None
        return value_or_none(found)

    return first


class _Sign(CompiledSelector):
    """A constant, where the selector beside it finds something."""

    def __init__(self, selector: Selector, *, html: bool = False, whole: bool = False) -> None:
        super().__init__(selector.model_copy(update={"const": None}), html=html, whole=whole)
        self.label = describe(selector)
        self.plain = self.of_json = None
        self.json_keys = ()
        self._constant = selector.const

    def values(self, scope: Scope) -> list[Any]:
        return [self._constant] if self.finds(scope) else []

    def first(self, scope: Scope) -> Any:
        return self._constant if self.finds(scope) else None


def compile_selector(selector: Selector, *, html: bool = False, whole: bool = False) -> CompiledSelector:
    """The selector of a field. Raises as CompiledSelector does."""
    beside = any(getattr(selector, key) is not None for key in ("from_", *_KEYS) if key != "const")
    sort = _Sign if beside and selector.const is not None else CompiledSelector
    return sort(selector, html=html, whole=whole)


def _is_something(match: Any) -> bool:
    """Whether a match is more than nothing: an element is, even an empty one; a blank text and `false` are not."""
    return not (match is None or match is False or (isinstance(match, str) and not match.strip()))


def describe(selector: Selector) -> str:
    """A selector in one line, as `try` shows it.

    >>> describe(Selector(css="h3", re="[0-9]+"))
    'css: h3, re: [0-9]+'
    """
    named = [(key, getattr(selector, key)) for key in ("from_", "xhr", *_KEYS)]
    texts = [f"{key.rstrip('_')}: {_in_words(value)}" for key, value in named if value is not None]
    return ", ".join(texts) or "the item"


def text_of(match: Any) -> Any:
    """Text of an element or row; a JSON value as it is."""
    if isinstance(match, LexborNode):
        return whole_text(match)
    if isinstance(match, TableRow):
        return whole_text(match.node)
    return xml_text(match) if isinstance(match, etree._Element) else match


def inner_html(match: Any) -> Any:
    """What stands between an element's tags; a JSON value as it is."""
    if isinstance(match, TableRow):
        match = match.node
    if isinstance(match, LexborNode):
        return (match.inner_html or "").strip()
    return inner_xml(match) if isinstance(match, etree._Element) else match


def value_or_none(value: Any) -> Any:
    """Design rule 5: an empty string is null, and so is one of nothing but white space."""
    return None if isinstance(value, str) and (not value or value.isspace()) else value


def hits(pattern: re.Pattern[str], value: Any) -> Iterable[Any]:
    """The first group, or the whole, of every match of `re` in a value."""
    if value is None:
        return ()
    return (value_or_none(hit[1] if pattern.groups else hit[0]) for hit in pattern.finditer(_as_text(value)))


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()


def _in_words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _pattern(text: str | None) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"`{text}` is not a regular expression: {error}") from None


def _stages(selector: Selector, whole: bool) -> list[Stage]:
    found: list[Stage] = []
    if selector.const is not None:
        constants = selector.const if isinstance(selector.const, list) and not whole else [selector.const]
        return [lambda scope: [scope.at(constant) for constant in constants]]
    if selector.column is not None:
        found.append(stages.column(selector.column))
    if selector.jsonld is not None:
        found.append(stages.jsonld(selector.jsonld))
    if selector.microdata is not None:
        found.append(stages.microdata(selector.microdata))
    if selector.opengraph is not None:
        found.append(stages.opengraph(selector.opengraph))
    if selector.css is not None:
        found.append(stages.css(selector.css))
    if selector.xpath is not None:
        found.append(stages.xpath(selector.xpath))
    if selector.jmes is not None:
        found.append(stages.jmes(selector.jmes, whole=whole))
    return found
