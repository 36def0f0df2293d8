"""Reads a listing field by field instead of item by item: one query over the whole page for a field of all its cards.

Asking 30 cards one by one costs six times as much. The result is the same: a card's matches are the page's matches that
lie in it.
"""

from typing import Any

from selectolax.lexbor import LexborNode

from scrapers.extraction.css_query import CssQuery, select
from scrapers.extraction.element_text import whole_text
from scrapers.extraction.selectors import CompiledSelector
from scrapers.extraction.stages import take

__all__ = ["Columns"]

_OUTSIDE = -1
_MOST_MATCHES_A_CARD = 8
"""A page may have many more matches outside its cards (links in its navigation): then cards are asked one by one."""
_LEVELS = 6


class Columns:
    """The cards of one page, and which of them an element lies in.

    Attributes:
      usable: no card lies in another, nor is one the whole page.
    """

    def __init__(self, cards: list[LexborNode], root: LexborNode) -> None:
        self._root = root
        self._count = len(cards)
        self._rows = [[card.mem_id for card in cards]]  # lists of elements of which the first is in card 0, and so on
        self._groups: dict[str, list[list[LexborNode]] | None] = {}
        self._owner = {name: number for number, name in enumerate(self._rows[0])}
        self.usable = root.mem_id not in self._owner
        self._owner[root.mem_id] = _OUTSIDE  # every way up ends here
        if self.usable:
            self.usable = all(number == _OUTSIDE for number in self._owners([card.parent for card in cards]))

    def read(self, selector: CompiledSelector) -> list[Any] | None:
        """The selector's first value in each card; None when looking into each card is better."""
        query = selector.plain
        if query is None or not self.usable:
            return None
        if query.query not in self._groups:
            self._groups[query.query] = self._grouped(query)
        groups = self._groups[query.query]
        if groups is None:
            return None
        if query.kind == "text":
            return [selector.first_of(take(query, nodes)) for nodes in groups]
        if selector.pattern is not None:
            return [selector.first_of(take(query, nodes)) if nodes else None for nodes in groups]
        if query.kind == "attr":
            return [_attribute(nodes, query.name) for nodes in groups]
        return [(whole_text(nodes[0]) or None) if nodes else None for nodes in groups]

    def _grouped(self, query: CssQuery) -> list[list[LexborNode]] | None:
        found = select(self._root, query.query)
        if len(found) > _MOST_MATCHES_A_CARD * self._count:
            return None
        if len(found) == self._count and self._is_row(found):
            return [[node] for node in found]
        groups: list[list[LexborNode]] = [[] for _ in range(self._count)]
        for number, node in zip(self._owners(found), found, strict=True):
            if number != _OUTSIDE:
                groups[number].append(node)
        return groups

    def _is_row(self, nodes: list[Any]) -> bool:
        """Whether each card has one of these elements, all as deep: what nearly every field of a listing is."""
        rows: list[list[int]] = []
        for _ in range(_LEVELS):
            rows.append([node.mem_id for node in nodes])
            if rows[-1] in self._rows:
                self._rows += rows[:-1]
                return True
            nodes = [node.parent for node in nodes]
            if not all(nodes):
                return False
        return False

    def _owners(self, nodes: list[Any]) -> list[int]:
        """The number of the card that each element is or lies in."""
        owner, numbers = self._owner, []
        for node in nodes:
            around = node
            while (number := owner.get(around.mem_id)) is None:
                around = around.parent
            numbers.append(number)
            if number == _OUTSIDE and around is not node:
                owner[node.parent.mem_id] = _OUTSIDE  # neighbours outside the cards need not go all the way up again
        return numbers


def _attribute(nodes: list[LexborNode], name: str) -> str | None:
    for node in nodes:
        attributes = node.attributes
        if name in attributes:
            value = attributes[name]
            return None if not value or value.isspace() else value
    return None
