"""The items of one page type: found, and their fields read."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from selectolax.lexbor import LexborNode

from schemas.reading import FieldProblem, Item
from scrapers.extraction.columns import Columns
from scrapers.extraction.document import Document
from scrapers.extraction.fields import CompiledField, is_missing, read_record
from scrapers.extraction.items import ItemFinder
from scrapers.extraction.json_columns import read_paths
from scrapers.extraction.nesting import refuse_nested
from scrapers.extraction.scope import Scope, page_scope

__all__ = ["FoundItem", "ItemReader", "says_nothing"]


class FoundItem:
    """One item as the page has it.

    Attributes:
      document: the page's.
      item: its fields, those that the page before carried here included.
      place: where it stands.
      problems: what conversion said of its fields.
    """

    __slots__ = ("_node", "_place", "document", "item", "problems")

    def __init__(self, item: Item, document: Document, node: Any, place: Scope | None = None) -> None:
        self.item = item
        self.problems: list[FieldProblem] = []
        self.document, self._node, self._place = document, node, place

    @property
    def place(self) -> Scope:
        """Where it stands; made when it is first asked for, since most listings never ask."""
        if self._place is None:
            self._place = Scope(self.document, self._node)
        return self._place


class ItemReader:
    """Reads the items of a page type.

    Args:
      finder: what is one item; None when the page itself is.
      fields: of each item, in the order declared.
      untelling: names of those that have a value whatever stands on the page.
      may_be_empty: a page without items is no failure: a carried item then ends on it as it is.
    """

    def __init__(
        self,
        finder: ItemFinder | None,
        fields: Sequence[CompiledField],
        untelling: Collection[str] = (),
        may_be_empty: bool = False,
    ) -> None:
        self._untelling = untelling
        self._may_be_empty = may_be_empty
        self._finder = finder
        self._fields = fields
        self._names = [field.name for field in fields]
        paths = [(field.name, field.json_keys) for field in fields]
        self._paths = paths if all(keys for _, keys in paths) else []
        self._by_columns = any(field.column for field in fields) and finder is not None and finder.query is not None

    def read(self, document: Document, carried: Mapping[str, Any] | None) -> list[FoundItem]:
        """The page's items, in page order; for a page that is an item itself one, or none when no field gave anything.

        Args:
          carried: the item that the page before carried here: its fields stay where this page has nothing better.
        """
        if self._finder is None:
            found = self._page_itself(document, carried)
        elif self._by_columns and document.kind == "html" and isinstance(document.root, LexborNode):
            nodes = self._finder.nodes(document)
            refuse_nested(nodes)
            found = self._columns(document, nodes, carried)
        else:
            places = self._finder.places(document)
            refuse_nested([place.node for place in places])
            if self._paths and all(type(place.node) is dict for place in places):
                items = read_paths(self._paths, [place.node for place in places])
                found = [
                    FoundItem(item, document, place.node, place) for item, place in zip(items, places, strict=True)
                ]
            else:
                found = [self._one(place, carried) for place in places]
        if not found and carried is not None and self._may_be_empty:
            return [FoundItem(dict(carried), document, document.root)]
        if carried:
            for one in found:
                one.item = {
                    **carried,
                    **{name: value for name, value in one.item.items() if name not in carried or not is_missing(value)},
                }
        return found

    def _page_itself(self, document: Document, carried: Mapping[str, Any] | None) -> list[FoundItem]:
        if not self._fields and carried is None:
            return []
        one = self._one(page_scope(document), carried)
        return [one] if carried is not None or not says_nothing(one.item, self._untelling) else []

    def _one(self, place: Scope, carried: Mapping[str, Any] | None) -> FoundItem:
        place.fields = dict(carried or ())
        found = FoundItem({}, place.document, place.node, place)
        found.item = read_record(self._fields, place, found.problems)
        return found

    def _columns(
        self, document: Document, cards: list[LexborNode], carried: Mapping[str, Any] | None
    ) -> list[FoundItem]:
        columns = Columns(cards, document.root)
        found = [FoundItem({}, document, card) for card in cards]
        read: dict[str, list[Any]] = {}
        for field in self._fields:
            values = columns.read(field.column) if field.column is not None else None
            if values is not None:
                read[field.name] = _completed(field, values, found)
        if len(read) == len(self._fields):
            for one, row in zip(found, zip(*read.values(), strict=True), strict=True):
                one.item = dict(zip(self._names, row, strict=True))
            return found
        for number, one in enumerate(found):
            one.place.fields = dict(carried or ())
            self._fill(one, {name: values[number] for name, values in read.items()})
        return found

    def _fill(self, one: FoundItem, known: Mapping[str, Any]) -> None:
        """Reads the fields that were not read as columns, in their order: a template may need any before it."""
        for field in self._fields:
            name = field.name
            value = known[name] if name in known else field.read(one.place, one.problems, name)
            one.item[name] = one.place.fields[name] = value


def says_nothing(item: Item, untelling: Collection[str]) -> bool:
    """Whether no field found anything, those left aside that never look at the page."""
    for name, value in item.items():  # noqa: SIM110  a loop, since every item is asked and its first field answers
        if not is_missing(value) and name not in untelling:
            return False
    return True


def _completed(field: CompiledField, values: list[Any], found: Sequence[FoundItem]) -> list[Any]:
    """A column with the rest of the fallback chain asked where the first selector gave nothing, and converted."""
    ways = [0] * len(values)
    if len(field.ways) > 1:
        given = [
            (value, 0) if value is not None else field.chosen(one.place, 1)
            for one, value in zip(found, values, strict=True)
        ]
        values, ways = [value for value, _ in given], [way for _, way in given]
    if field.as_found:
        return values
    mapped = field.mapped
    if mapped is not None:
        return [None if value is None else mapped(value) for value in values]

    def settled(one: FoundItem, value: Any, way: int) -> Any:
        return field.settled(value, way, one.document, lambda: one.place, one.problems, field.name)

    return list(map(settled, found, values, ways))
