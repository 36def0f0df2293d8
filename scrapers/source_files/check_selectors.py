"""Checks that every selector and regular expression can be read, and that it can find something where it stands."""

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lxml import etree
from pydantic import BaseModel

from scrapers.extraction.css_query import parse_css
from scrapers.extraction.json_paths import compile_jmes
from scrapers.extraction.pieces import Cut
from scrapers.source_files.mistakes import Finding, YamlPath
from scrapers.source_files.model import Cursor, FieldRule, Follow, Items, NextRule, PageType, Selector, TableItems
from scrapers.source_files.model_browser import OnPage
from scrapers.source_files.request_rules import texts_of
from scrapers.source_files.subject import Subject
from scrapers.source_files.template import placeholders

__all__ = ["check_selectors"]

_NAMESPACES = {"re": "http://exslt.org/regular-expressions", "set": "http://exslt.org/sets"}
_KINDS = ("css", "xpath", "jmes", "jsonld", "microdata", "opengraph", "column", "const", "template")
_ONE_OF: dict[type[BaseModel], tuple[str, ...]] = {
    Items: ("css", "xpath", "jmes", "jsonld", "microdata", "table", "any_"),
    TableItems: ("css", "xpath"),
    NextRule: ("css", "xpath", "jmes", "page", "cursor"),
    Cursor: ("jmes", "css"),
    Follow: ("url", "links"),
}


def check_selectors(subject: Subject) -> Iterator[Finding]:
    """Every selector that cannot be read, or that can find nothing where it stands."""
    for path, model in _models(subject.source, ()):
        if not isinstance(model, OnPage):  # the browser's own
            yield from _unreadable(path, model)
        yield from _not_one(path, model)
    for name, page in subject.pages.items():
        yield from _cursor((*subject.place(name), "next"), page)
        yield from _json_page(subject.place(name), page)
    for path, way in subject.ways():
        if way.from_ == "headers" and way.jmes and way.jmes != way.jmes.lower():
            message = "headers are named in lower case, `_` for `-`"
            yield Finding((*path, "jmes"), message, way.jmes.lower().strip('"').replace("-", "_"))
    for name, path, rule in subject.fields():
        yield from _field(subject, subject.pages[name], path, rule)


def _models(value: Any, path: YamlPath) -> Iterator[tuple[YamlPath, BaseModel]]:
    """Every mapping of the file that has known keys, with its path."""
    if isinstance(value, BaseModel):
        if path:
            yield path, value
        for name in value.model_fields_set:
            field = type(value).model_fields[name]
            yield from _models(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _models(part, (*path, key))


def _unreadable(path: YamlPath, model: BaseModel) -> Iterator[Finding]:
    for key, compiled in _COMPILERS.items():
        given = getattr(model, key, None) if key in model.model_fields_set else None
        texts = given if isinstance(given, list) else [given]
        for number, text in enumerate(texts):
            problem = compiled(text) if isinstance(text, str) else ""
            if problem:
                yield Finding((*path, key, number) if len(texts) > 1 else (*path, key), problem)


@functools.lru_cache(8192)
def _css_problem(text: str) -> str:
    try:
        parse_css(text)
    except ValueError as error:
        pseudo = re.search(r"::(\w+)", text)
        known = pseudo is None or pseudo[1] in ("text", "attr")
        return str(error) if known else f"`{text}`: of ::pseudo-elements there are ::text and ::attr(name)"
    return ""


@functools.lru_cache(8192)
def _split_problem(text: str) -> str:
    try:
        Cut(text)
    except ValueError as error:
        return str(error)
    return ""


@functools.lru_cache(8192)
def _xpath_problem(text: str) -> str:
    try:
        etree.XPath(text, namespaces=_NAMESPACES)
    except etree.XPathError as error:
        return f"`{text}` is not XPath 1.0: {error}"
    return ""


@functools.lru_cache(8192)
def _jmes_problem(text: str) -> str:
    try:
        compile_jmes(text)
    except ValueError as error:
        return " ".join(str(error).split())
    return ""


@functools.lru_cache(8192)
def _regex_problem(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        return f"`{text}` is not a regular expression: {error}"
    return ""


_COMPILERS: dict[str, Callable[[str], str]] = {
    "css": _css_problem,
    "gone": _css_problem,
    "split": _split_problem,
    "xpath": _xpath_problem,
    "jmes": _jmes_problem,
    "merge": _jmes_problem,
    "re": _regex_problem,
    "pattern": _regex_problem,
    "allow": _regex_problem,
    "deny": _regex_problem,
}


def _not_one(path: YamlPath, model: BaseModel) -> Iterator[Finding]:
    choices = _ONE_OF.get(type(model), ())
    given = [name for name in choices if getattr(model, name) is not None]
    if isinstance(model, Items) and model.re is not None and not given:
        return  # matches in the whole page
    if choices and len(given) != 1:
        has = f"has {_keys(given, ' and ')}" if given else "says nothing of what it selects"
        yield Finding(path, f"{has}: expected exactly one of {_keys(choices, ', ')}", of_absence=not given)
    if isinstance(model, Selector) and model.css is not None and model.xpath is not None:
        yield Finding(path, "has css and xpath: expected one; `any: [{css: ...}, {xpath: ...}]` is a fallback chain")


def _cursor(path: YamlPath, page: PageType) -> Iterator[Finding]:
    """A cursor must go somewhere: into `param`, or where the request says `${cursor}`."""
    if page.next is None or page.next.cursor is None or page.next.param is not None:
        return
    if page.request is None or not any("cursor" in placeholders(text) for text in texts_of(page.request)):
        message = "`param` is missing: the parameter (or key of the JSON body) that takes the cursor"
        yield Finding(path, message, of_absence=True)


def _json_page(place: YamlPath, page: PageType) -> Iterator[Finding]:
    """Markup selectors for items of an answer that the file itself calls JSON."""
    if page.fetch is None or page.fetch.response != "json" or page.items is None:
        return
    for kind in page.items.kinds:
        key = next((key for key in ("css", "xpath", "table", "microdata") if getattr(kind, key) is not None), "")
        if key and kind.jmes is None and kind.from_ is None:
            message = f"`fetch.response` says that the page is JSON: `{key}` finds nothing in it; use jmes"
            yield Finding((*place, "items"), message)


def _keys(names: Iterable[str], joint: str) -> str:
    return joint.join(name.rstrip("_") for name in names)


def _field(subject: Subject, page: PageType, path: YamlPath, rule: FieldRule) -> Iterator[Finding]:
    chain: list[Selector] = [rule, *(rule.any_ or ())]
    named = [one for one in chain if any(getattr(one, kind, None) is not None for kind in _KINDS)]
    anything = named or rule.from_ or rule.re or rule.html or rule.fields or rule.default is not None
    if not anything and not subject.has_code:
        message = "says nothing of where its value is: expected css, xpath, jmes, jsonld, column, const or another"
        yield Finding(path, message, of_absence=True)
    of_tables = page.items is not None and any(kind.table for kind in page.items.kinds)
    if any(one.column is not None for one in chain) and not of_tables:
        yield Finding(path, "`column` needs items that are table rows: `items: {table: {css: ...}}`")
    if page.items and path[-2:-1] == ("fields",) and len(path) <= 4 and path.count("fields") == 1:
        yield from _wrong_kind(page, path, named)


def _wrong_kind(page: PageType, path: YamlPath, chain: list[Selector]) -> Iterator[Finding]:
    """Markup selectors on items that are JSON for certain."""
    kind = _kind_of_json(page)
    for one in chain:
        if kind and _is_markup(one):
            key = "css" if one.css is not None else "xpath"
            yield Finding(
                path, f"items from {kind} are JSON: `{key}` finds nothing in them; use jmes, or add `from: page`"
            )


def _kind_of_json(page: PageType) -> str:
    """What makes the items JSON; empty when they may be something else: JMESPath also finds texts that hold HTML."""
    kinds = page.items.kinds if page.items else []
    named = [next((name for name in ("jsonld", "microdata", "jmes") if getattr(each, name)), "") for each in kinds]
    with_members = any(rule.jmes and not (rule.css or rule.xpath or rule.from_) for rule in page.fields.values())
    if not all(named) or ("jmes" in named and not with_members):
        return ""
    return named[0] if named else ""


def _is_markup(one: Selector) -> bool:
    alone = not (one.jmes or one.jsonld or one.microdata or one.opengraph or one.from_)
    return alone and (one.css is not None or one.xpath is not None)
