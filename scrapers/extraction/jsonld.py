"""A page's JSON-LD as one graph: nodes of all its script blocks, references by `@id` followed."""

from collections.abc import Iterator, Sequence
from typing import Any

from scrapers.extraction.markup import Markup, parsed
from scrapers.extraction.schema_types import types_of, wanted_types
from scrapers.extraction.tolerant_json import values

__all__ = ["Graph", "find"]

Node = dict[str, Any]
_SCRIPTS = 'script[type*="ld+json" i]'
_DEEPEST = 60
_MOST_NODES = 20_000
_BARE = {"@id", "@type", "@context"}


def find(markup: Markup, types: Sequence[str]) -> list[Node]:
    """The page's JSON-LD objects of one of the schema.org types, in page order.

    Objects inside others (`@graph`, `mainEntity`, `itemListElement`, ...) are found too; what lies inside a found
    object is not found again. References are replaced by what they name.

    >>> find('<script type="application/ld+json">{"@type": "Recipe", "name": "Soup"}</script>', ["Recipe"])
    [{'@type': 'Recipe', 'name': 'Soup'}]
    """
    return Graph(markup).find(types)


class Graph:
    """The JSON-LD of one page, read once, for any number of questions."""

    def __init__(self, markup: Markup) -> None:
        texts = dict.fromkeys(node.text(deep=True) for node in parsed(markup).css(_SCRIPTS))  # a block may be repeated
        self._roots: list[Any] = []
        for text in texts:
            try:
                self._roots += values(text)
            except ValueError:
                continue  # one broken block does not take the others with it
        self._refers = any('"@id"' in text or '"@value"' in text or "&quot;" in text for text in texts)
        self._named: dict[str, Node] | None = None

    def find(self, types: Sequence[str]) -> list[Node]:
        """As the function `find`."""
        if not self._roots:
            return []
        wanted = wanted_types(types)
        found: list[Node] = []
        seen: set[str] = set()
        for node in _outermost(self._roots, wanted, 0):
            name = node.get("@id")
            if isinstance(name, str):
                if name in seen:
                    continue
                seen.add(name)
            found.append(self._resolved(node) if self._refers else node)
        return found

    def _resolved(self, node: Node) -> Any:
        if self._named is None:
            self._named = _named_nodes(self._roots)
        return _Resolver(self._named).node(node, (), 0)


class _Resolver:
    """Copies a node with its references followed; a reference back to where it came from stays a reference."""

    def __init__(self, named: dict[str, Node]) -> None:
        self._named = named
        self._left = _MOST_NODES

    def node(self, node: Node, path: tuple[str, ...], depth: int) -> Any:
        """The node with what it refers to; of a value object (`@value`) the value."""
        name = node.get("@id")
        self._left -= 1
        if isinstance(name, str):
            if name in path:
                return node if _is_bare(node) else {key: value for key, value in node.items() if _is_plain(value)}
            other = self._named.get(name)
            if other is not None and other is not node and _one_thing(node, other):
                node = {**other, **node}
            path = (*path, name)
        elif "@value" in node and node.keys() <= {"@value", "@type", "@language", "@direction"}:
            return node["@value"]
        return {key: self._value(value, path, depth + 1) for key, value in node.items()}

    def _value(self, value: Any, path: tuple[str, ...], depth: int) -> Any:
        if isinstance(value, str) or depth > _DEEPEST or self._left < 0:
            return value
        if isinstance(value, dict):
            return self.node(value, path, depth)
        if isinstance(value, list):
            return [self._value(each, path, depth + 1) for each in value]
        return value


def _outermost(value: Any, wanted: frozenset[str], depth: int) -> Iterator[Node]:
    if isinstance(value, list):
        for each in value:
            if isinstance(each, dict | list):
                yield from _outermost(each, wanted, depth + 1)
    elif isinstance(value, dict) and depth < _DEEPEST:
        if "@type" in value and not wanted.isdisjoint(types_of(value)):
            if not _is_bare(value):
                yield value
            return
        for each in value.values():
            if isinstance(each, dict | list):
                yield from _outermost(each, wanted, depth + 1)


def _named_nodes(roots: list[Any]) -> dict[str, Node]:
    """Nodes by `@id`: what several places say of one thing is put together, the first word counts."""
    named: dict[str, Node] = {}
    waiting: list[Any] = [roots]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += reversed(value)
        elif isinstance(value, dict):
            waiting += reversed(value.values())
            name = value.get("@id")
            if isinstance(name, str) and not _is_bare(value):
                before = named.get(name)
                if before is None:
                    named[name] = value
                elif _one_thing(before, value):
                    named[name] = {**value, **before}
    return named


def _is_bare(node: Node) -> bool:
    """Only a reference: it says what it points to and nothing of it."""
    return node.keys() <= _BARE


def _is_plain(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _one_thing(one: Node, other: Node) -> bool:
    """Sites give a page's address as `@id` to the page and to its article alike: these are two things."""
    types, others = types_of(one), types_of(other)
    return not types or not others or not types.isdisjoint(others)
