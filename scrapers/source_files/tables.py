"""The tables that a source fills: the union of the fields of all page types whose items go there."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from schemas.ids import content_id
from schemas.table import Column, ColumnType, Table
from scrapers.source_files.model import FieldRule, PageType, Source

__all__ = ["column_type", "columns_of", "tables_of"]

_TYPE_OF_CONVERSION: Mapping[str, ColumnType] = {
    "datetime": "timestamp",
    "date": "date",
    "time": "time",
    "duration": "numeric",
    "price": "numeric",
    "number": "numeric",
}
_TYPE_OF_CONSTANT: Mapping[type, ColumnType] = {bool: "boolean", int: "integer", float: "float"}


def tables_of(source: Source) -> dict[str, Table]:
    """Every table by name. Fields are declared in the order of the page types; `personal: drop` leaves one out."""
    contributors: dict[str, list[PageType]] = {}
    spared = _spared(source)
    for name, page in source.page_types().items():
        if page.table:
            kept = page.model_copy(update={"fields": _optional(page.fields)}) if name in spared else page
            contributors.setdefault(page.table, []).append(kept)
    return {name: _table(name, source, pages) for name, pages in contributors.items()}


def _spared(source: Source) -> set[str]:
    """Page types that an item may be written without: those with `if_failed: emit`, and where it goes from there."""
    pages = source.page_types()
    carried_to = {follow.to or name for name, page in pages.items() for follow in page.follows() if follow.carry}
    spared = {name for name, page in pages.items() if page.if_failed == "emit"} & carried_to
    for _ in pages:
        onward = [follow for name in spared & pages.keys() for follow in pages[name].follows() if follow.carry]
        spared |= {follow.to for follow in onward if follow.to}
    return spared


def _optional(fields: Mapping[str, FieldRule]) -> dict[str, FieldRule]:
    return {name: rule.model_copy(update={"required": False}) for name, rule in fields.items()}


def _table(name: str, source: Source, pages: list[PageType]) -> Table:
    columns: dict[str, Column] = {}
    for page in pages:
        for column in columns_of(page.fields):
            columns[column.name] = _both(columns[column.name], column) if column.name in columns else column
    key = next((page.key for page in pages if page.key), None) or ()
    description = source.description if name == source.table else ""
    version = content_id(list(columns.values()))
    return Table(name, tuple(columns.values()), tuple(key), description, version)


def _both(first: Column, second: Column) -> Column:
    """One column for a field that two page types declare: required if either needs it, otherwise the first's rules."""
    return dataclasses.replace(first, required=first.required or second.required)


def columns_of(fields: Mapping[str, FieldRule]) -> tuple[Column, ...]:
    """A column for each field that is kept."""
    return tuple(_column(name, rule) for name, rule in fields.items() if rule.personal != "drop")


def _column(name: str, rule: FieldRule) -> Column:
    return Column(
        name=name,
        type=column_type(rule),
        required=rule.required,
        repeated=rule.list_,
        columns=columns_of(rule.fields or {}),
        min=rule.min,
        max=rule.max,
        pattern=rule.pattern,
        enum=tuple(rule.enum) if rule.enum is not None else None,
        personal=rule.personal,
        description=rule.description,
    )


def column_type(rule: FieldRule) -> ColumnType:
    """The type as declared; where it is left open, that of the conversion or of the constant; else a string.

    A hashed value is a string whatever it was.
    """
    if rule.fields is not None:
        return "record"
    if rule.personal == "hash":
        return "string"
    if "type" in rule.model_fields_set:
        return rule.type
    if rule.const is not None and rule.convert is None:
        return _TYPE_OF_CONSTANT.get(type(rule.const), "string")
    return _TYPE_OF_CONVERSION.get(last_conversion(rule.convert), "string")


def last_conversion(convert: Any) -> str:
    """The name of the last conversion applied; empty for none."""
    if isinstance(convert, list):
        convert = convert[-1] if convert else None
    if isinstance(convert, Mapping):
        convert = next(iter(convert), None)
    return convert if isinstance(convert, str) else ""
