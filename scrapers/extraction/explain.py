"""Which selector gave which value: what `try` shows of a page."""

from collections.abc import Iterator, Mapping
from typing import Any

from scrapers.extraction.document import Document
from scrapers.extraction.fields import CompiledField, is_missing
from scrapers.extraction.page_types import CompiledPage
from scrapers.extraction.scope import Scope
from scrapers.extraction.selectors import CompiledSelector

__all__ = ["explain"]

Explained = tuple[int, str, str, Any]


def explain(compiled: CompiledPage, document: Document, carried: Mapping[str, Any] | None) -> list[Explained]:
    """Item number, field, the selector that gave it with the number of its matches, value; in page and source order.

    A field that no selector gave has an empty selector text; one that came with the item says so.
    """
    explained: list[Explained] = []
    declared = {field.name for field in compiled.fields}
    for number, found in enumerate(compiled.reader.read(document, carried)):
        brought = [name for name in found.item if name not in declared]
        explained += [(number, name, "carried", found.item[name]) for name in brought]
        for field in compiled.fields:
            explained += _of_field(number, field, found.place, found.item.get(field.name), "")
    return explained


def _of_field(number: int, field: CompiledField, place: Scope, value: Any, path: str) -> Iterator[Explained]:
    name = path + field.name
    yield number, name, _selector(field, place, value), value
    records = value if isinstance(value, list) else [value]
    if field.fields and any(isinstance(record, dict) for record in records):
        for at, (inner, record) in enumerate(zip(field.places(place), records, strict=False)):
            for nested in field.fields:
                inside = f"{name}[{at}]." if isinstance(value, list) else f"{name}."
                yield from _of_field(number, nested, inner, (record or {}).get(nested.name), inside)


def _selector(field: CompiledField, place: Scope, value: Any) -> str:
    if field.fields:
        selectors = [way.selector for way in field.ways if way.selector is not None]
        return next((_counted(one, place) for one in selectors if one.matches(place)), "")
    way = field.giver(place)
    if way is not None:
        return _counted(way.selector, place) if way.selector is not None else way.label
    return "default" if not is_missing(value) else ""


def _counted(selector: CompiledSelector, place: Scope) -> str:
    count = len(selector.matches(place))
    return f"{selector.label} ({count} matches)" if count > 1 else selector.label
