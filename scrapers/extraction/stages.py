"""The steps that a selector is made of: each leads from one place on a page to those that it finds there."""

from collections.abc import Callable
from typing import Any

import orjson
from lxml import etree
from selectolax.lexbor import LexborNode

from scrapers.extraction.css_query import CssQuery, parse_css, select
from scrapers.extraction.element_text import own_texts, whole_text
from scrapers.extraction.html_tables import TableRow
from scrapers.extraction.html_tree import HtmlTree
from scrapers.extraction.json_paths import compile_jmes
from scrapers.extraction.jsonld import Graph
from scrapers.extraction.microdata import Microdata
from scrapers.extraction.scope import Scope
from scrapers.extraction.tolerant_json import values as json_values
from scrapers.extraction.xml_tree import XmlTree

__all__ = [
    "Stage",
    "column",
    "css",
    "jmes",
    "jsonld",
    "microdata",
    "opengraph",
    "read_first",
    "read_query",
    "take",
    "xpath",
]

Stage = Callable[[Scope], list[Scope]]
_NAMESPACES = {"re": "http://exslt.org/regular-expressions", "set": "http://exslt.org/sets"}


def css(text: str) -> Stage:
    """CSS with parsel's pseudo-elements. Raises ValueError for what is no selector."""
    members = parse_css(text)

    def find(scope: Scope) -> list[Scope]:
        place = scope.markup()
        if place is None:
            return []
        if len(members) == 1:
            return [place.at(match) for match in read_query(members[0], place)]
        return _in_page_order(members, place)

    return find


def read_query(query: CssQuery, place: Scope) -> list[Any]:
    """What one query gives at an element: elements, their own texts, or the attribute of those that have it."""
    if type(place.node) is not LexborNode:
        return _read_xml(query, place)
    return take(query, select(place.node, query.query))


def take(query: CssQuery, nodes: list[LexborNode]) -> list[Any]:
    """What a query takes of the elements that it selects (given in page order)."""
    if query.kind == "element":
        return nodes
    if query.kind == "text":
        return own_texts(nodes)
    return [attributes[query.name] for node in nodes if query.name in (attributes := node.attributes)]


def read_first(query: CssQuery, node: LexborNode) -> list[Any]:
    """The first of what `read_query` gives, or nothing, found without looking at the rest where that is possible."""
    if query.is_scoped:
        return take(query, select(node, query.query))[:1]
    first = node.css_first(query.query)
    if first is None:
        return []
    if query.kind == "element":
        return [first]
    if query.kind == "attr":
        attributes = first.attributes
        if query.name in attributes:
            return [attributes[query.name]]
    elif (child := first.first_child) is not None and (text := child.text_content) is not None:
        return [text]
    return take(query, select(node, query.query))[:1]


def _read_xml(query: CssQuery, place: Scope) -> list[Any]:
    tree = place.tree
    if not isinstance(tree, XmlTree):
        return []
    nodes = tree.css(query.query, place.node)
    if query.kind == "text":
        return [text for node in nodes for text in node.xpath("text()", smart_strings=False)]
    if query.kind == "attr":
        return [value for node in nodes for name, value in node.attrib.items() if name.lower() == query.name]
    return nodes


def _in_page_order(members: tuple[CssQuery, ...], place: Scope) -> list[Scope]:
    """A comma list of different kinds: ordered by element, and by member where two take something of one element."""
    if type(place.node) is not LexborNode:
        return [place.at(match) for member in members for match in read_query(member, place)]
    chosen = [{node.mem_id for node in select(place.node, member.query)} for member in members]
    found: list[Scope] = []
    for node in select(place.node, ", ".join(member.query for member in members)):
        for member, nodes in zip(members, chosen, strict=True):
            if node.mem_id in nodes:
                found += map(place.at, take(member, [node]))
    return found


def xpath(text: str) -> Stage:
    """XPath 1.0 with EXSLT's `re:` and `set:`. Raises ValueError for what is no XPath."""
    try:
        compiled = etree.XPath(text, namespaces=_NAMESPACES, smart_strings=False)
    except etree.XPathError as error:
        raise ValueError(f"`{text}` is not XPath 1.0: {error}") from None

    def find(scope: Scope) -> list[Scope]:
        place = scope.markup()
        if place is None:
            return []
        tree, node = place.tree, place.node
        found = tree.xpath(compiled, node) if isinstance(tree, HtmlTree) else tree.xpath(text, node)
        return [place.at(_plain(match)) for match in found]

    return find


def _plain(match: Any) -> Any:
    """XPath's numbers are floats; a whole one is meant as an integer, NaN as nothing."""
    if isinstance(match, float):
        return None if match != match else int(match) if match.is_integer() else match
    return match


def jmes(text: str, *, whole: bool) -> Stage:
    """JMESPath; a list that it finds is the matches, or with `whole` one value. Raises ValueError for what is none."""
    search = compile_jmes(text)

    def find(scope: Scope) -> list[Scope]:
        found = search(_as_json(scope.node))
        if found is None:
            return []
        return [scope.at(each) for each in found] if isinstance(found, list) and not whole else [scope.at(found)]

    return find


def _as_json(node: Any) -> Any:
    """A text, or the text of an element (a script, a data attribute), as the JSON that stands in it."""
    if isinstance(node, LexborNode):
        node = whole_text(node)
    if not isinstance(node, str):
        return node
    try:
        return orjson.loads(node)
    except orjson.JSONDecodeError:
        try:
            return json_values(node)[0]
        except (ValueError, IndexError):
            return None


def column(name: str) -> Stage:
    """The cell of a table row. Raises UnknownColumn, on the page, when the table has no such column."""

    def find(scope: Scope) -> list[Scope]:
        cell = scope.node.cell(name) if isinstance(scope.node, TableRow) else None
        return [scope.at(cell)] if cell is not None else []

    return find


def jsonld(types: list[str]) -> Stage:
    """JSON-LD objects of the page, or of the element that is the item."""
    return lambda scope: [
        scope.at(found) for found in (scope.document.graph if scope.is_page else Graph(scope.node)).find(types)
    ]


def microdata(types: list[str]) -> Stage:
    """Microdata items of the page, or of the element that is the item."""
    return lambda scope: [
        scope.at(found) for found in (scope.document.microdata if scope.is_page else Microdata(scope.node)).find(types)
    ]


def opengraph(name: str) -> Stage:
    """The page's values of an Open Graph property."""
    wanted = name.strip().lower()
    return lambda scope: [scope.at(value) for value in scope.document.properties.get(wanted, ())]
