"""Microdata (WHATWG HTML, chapter 5) as the objects that JSON-LD would give."""

from collections.abc import Iterator, Sequence
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scrapers.extraction.markup import Markup, fold, lines_of, parsed
from scrapers.extraction.schema_types import short_type, wanted_types

__all__ = ["Microdata", "find"]

# The attribute that holds an element's value, where it is not its text (HTML 5.2.4, "Values").
_VALUE_ATTRIBUTE = {
    **dict.fromkeys(("audio", "embed", "iframe", "img", "source", "track", "video"), "src"),
    **dict.fromkeys(("a", "area", "link"), "href"),
    **dict.fromkeys(("data", "meter"), "value"),
    "meta": "content",
    "object": "data",
    "time": "datetime",
}
_DEEPEST = 60
_LAZY = ("data-src", "data-lazy-src", "data-original")


def find(markup: Markup, types: Sequence[str]) -> list[dict[str, Any]]:
    """The page's microdata items of one of the types, in page order, in the shape of `jsonld.find`.

    A property that is there once is a value, one that is there several times a list. Texts are folded; where an element
    holds several blocks (list items, paragraphs), each is a line of the text.

    >>> find('<p itemscope itemtype="http://schema.org/Recipe"><b itemprop=name>Soup</b>', ["Recipe"])
    [{'@type': 'Recipe', 'name': 'Soup'}]
    """
    return Microdata(markup).find(types)


class Microdata:
    """The microdata of one page, read once, for any number of questions."""

    def __init__(self, markup: Markup) -> None:
        self._tree: LexborHTMLParser | LexborNode = parsed(markup)
        self._scopes: list[LexborNode] = self._tree.css("[itemscope]")
        self._properties: dict[int, list[LexborNode]] = {}
        if self._scopes:
            self._assign()

    def find(self, types: Sequence[str]) -> list[dict[str, Any]]:
        """As the function `find`."""
        wanted, found, inside = wanted_types(types), [], set[int]()
        for scope in self._scopes:
            named = (scope.attributes.get("itemtype") or "").split()
            if scope.mem_id not in inside and not wanted.isdisjoint(map(short_type, named)):
                item = self._item(scope, (), inside)
                if item.keys() - {"@type", "@id"}:
                    found.append(item)
        return found

    def _assign(self) -> None:
        """Gives each property to the nearest item around it, and what `itemref` names to the item that names it."""
        order: dict[int, int] = {}
        for number, node in enumerate(self._tree.css("[itemprop]")):
            order[node.mem_id] = number
            owner = _owner(node, None)
            if owner is not None:
                self._properties.setdefault(owner, []).append(node)
        for scope in self._scopes:
            names = (scope.attributes.get("itemref") or "").split()
            if names:
                own = self._properties.setdefault(scope.mem_id, [])
                known = {node.mem_id for node in own}
                own += [node for node in self._referenced(names) if node.mem_id not in known]
                own.sort(key=lambda node: order[node.mem_id])

    def _referenced(self, names: list[str]) -> Iterator[LexborNode]:
        for name in names:
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            holder = self._tree.css_first(f'[id="{quoted}"]')
            if holder is None:
                continue
            for node in holder.css("[itemprop]"):
                if node.mem_id == holder.mem_id or _owner(node, holder) is None:
                    yield node

    def _item(self, scope: LexborNode, path: tuple[int, ...], inside: set[int]) -> dict[str, Any]:
        inside.add(scope.mem_id)
        attributes = scope.attributes
        item: dict[str, Any] = {}
        types = [name.rstrip("/#").rpartition("/")[2] for name in (attributes.get("itemtype") or "").split()]
        if types:
            item["@type"] = types[0] if len(types) == 1 else types
        if attributes.get("itemid"):
            item["@id"] = attributes["itemid"]
        path = (*path, scope.mem_id)
        for node in self._properties.get(scope.mem_id, ()):
            if "itemscope" not in node.attributes:
                _add(item, node, _value(node))
            elif node.mem_id not in path and len(path) < _DEEPEST:  # an item inside itself is an error (HTML 5.2.5)
                _add(item, node, self._item(node, path, inside))
        return item


def _owner(node: LexborNode, within: LexborNode | None) -> int | None:
    """The nearest item around an element; with `within`, only one inside or at that element."""
    stop = None if within is None else within.mem_id
    if node.mem_id == stop:
        return None
    around = node.parent
    while around is not None and around.is_element_node:
        if "itemscope" in around.attributes:
            return around.mem_id
        if around.mem_id == stop:
            return None
        around = around.parent
    return None


def _add(item: dict[str, Any], node: LexborNode, value: Any) -> None:
    for name in (node.attributes.get("itemprop") or "").split():
        if name not in item:
            item[name] = value
        elif isinstance(item[name], list):
            item[name].append(value)
        else:
            item[name] = [item[name], value]


def _value(node: LexborNode) -> str:
    """An element's value; `content` counts on any element, as W3C's microdata has it and sites use it."""
    attributes = node.attributes
    if attributes.get("content"):
        return fold(attributes["content"] or "")
    name = _VALUE_ATTRIBUTE.get(node.tag or "")
    if name is not None and name in attributes:
        value = (attributes[name] or "").strip()
        if name == "src" and (not value or value.startswith("data:")):  # a placeholder until a script loads the image
            value = next((attributes[lazy] for lazy in _LAZY if attributes.get(lazy)), value) or ""
        if value or name != "datetime":
            return value
    return "\n".join(lines_of(node))
