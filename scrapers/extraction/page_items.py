"""The items of one page type: found, and their fields read."""

from collections.abc import Mapping, Sequence
from typing import Any

from selectolax.lexbor import LexborNode

from schemas.reading import FieldProblem, Item
from scrapers.extraction.columns import Columns
from scrapers.extraction.document import Document
from scrapers.extraction.fields import CompiledField, is_missing, read_record
from scrapers.extraction.items import ItemFinder
from scrapers.extraction.scope import Scope, page_scope

__all__ = ["FoundItem", "ItemReader"]


class FoundItem:
    """One item as the page has it.

    Attributes:
      item: its fields, those that the page before carried here included.
      place: where it stands.
      problems: what conversion said of its fields.
    """

    __slots__ = ("_document", "_node", "_place", "item", "problems")

    def __init__(self, item: Item, document: Document, node: Any, place: Scope | None = None) -> None:
        self.item = item
        self.problems: list[FieldProblem] = []
        self._document, self._node, self._place = document, node, place

    @property
    def place(self) -> Scope:
        """Where it stands; made when it is first asked for, since most listings never ask."""
        if self._place is None:
            self._place = Scope(self._document, self._node)
        return self._place


class ItemReader:
    """Reads the items of a page type.

    Args:
      finder: what is one item; None when the page itself is.
      fields: of each item, in the order declared.
    """

    def __init__(self, finder: ItemFinder | None, fields: Sequence[CompiledField]) -> None:
        self._finder = finder
        self._fields = fields
        self._names = [field.name for field in fields]
        self._by_columns = any(field.columnar for field in fields) and finder is not None and finder.query is not None

    def read(self, document: Document, carried: Mapping[str, Any] | None) -> list[FoundItem]:
        """The page's items, in page order; for a page that is an item itself one, or none when no field gave anything.

        Args:
          carried: the item that the page before carried here: its fields stay where this page has nothing better.
        """
        if self._finder is None:
            found = self._page_itself(document, carried)
        elif self._by_columns and document.kind == "html" and isinstance(document.root, LexborNode):
            found = self._columns(document, self._finder.nodes(document), carried)
        else:
            found = [self._one(place, carried) for place in self._finder.places(document)]
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
        return [one] if carried is not None or not all(map(is_missing, one.item.values())) else []

    def _one(self, place: Scope, carried: Mapping[str, Any] | None) -> FoundItem:
        place.fields = dict(carried or ())
        found = FoundItem({}, place.document, place.node, place)
        found.item = read_record(self._fields, place, found.problems)
        return found

    def _columns(
        self, document: Document, cards: list[LexborNode], carried: Mapping[str, Any] | None
    ) -> list[FoundItem]:
        columns = Columns(cards, document.root)
        read = {field.name: columns.read(field.selectors[0]) for field in self._fields if field.columnar}
        by_column = {name: values for name, values in read.items() if values is not None}
        if len(by_column) == len(self._fields) and all(
            field.as_found and len(field.selectors) == 1 for field in self._fields
        ):
            rows = zip(*by_column.values(), strict=True)
            return [
                FoundItem(dict(zip(self._names, row, strict=True)), document, card)
                for row, card in zip(rows, cards, strict=True)
            ]
        return [self._mixed(Scope(document, card), number, by_column, carried) for number, card in enumerate(cards)]

    def _mixed(
        self, place: Scope, number: int, by_column: dict[str, list[Any]], carried: Mapping[str, Any] | None
    ) -> FoundItem:
        """One item, some of whose fields were read as columns."""
        found = FoundItem({}, place.document, place.node, place)
        place.fields = dict(carried or ())
        for field in self._fields:
            column = by_column.get(field.name)
            if column is None:
                value = field.read(place, found.problems, field.name)
            elif column[number] is None:
                value = field.read(place, found.problems, field.name, chain_from=1)
            else:
                value = column[number]
                if not field.as_found:
                    value = field.finish(value, place.document, found.problems, field.name)
            found.item[field.name] = place.fields[field.name] = value
        return found
