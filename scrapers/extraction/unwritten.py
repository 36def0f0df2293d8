"""Fields that are read, carried and asked for, but never written: those that are `personal: drop`."""

from collections.abc import Mapping
from typing import Any

from schemas.reading import Item
from scrapers.source_files.model import FieldRule, Source

__all__ = ["unwritten_of", "without"]


def unwritten_of(source: Source) -> dict[str, Any]:
    """Of all page types, for an item may have been carried through any: None each; a mapping for a record's own."""
    found: dict[str, Any] = {}
    for page in source.page_types().values():
        found |= _unwritten(page.fields)
    return found


def _unwritten(fields: Mapping[str, FieldRule]) -> dict[str, Any]:
    found: dict[str, Any] = {name: _unwritten(rule.fields or {}) for name, rule in fields.items()}
    found |= {name: None for name, rule in fields.items() if rule.personal == "drop"}
    return {name: inner for name, inner in found.items() if inner != {}}


def without(item: Mapping[str, Any], unwritten: Mapping[str, Any]) -> Item:
    """An item without such fields; those of records inside it by a nested mapping."""
    kept: Item = {}
    for name, value in item.items():
        inner = unwritten.get(name, {})
        if inner is None:
            continue
        if inner and isinstance(value, list):
            value = [without(each, inner) if isinstance(each, dict) else each for each in value]
        kept[name] = without(value, inner) if inner and isinstance(value, dict) else value
    return kept
