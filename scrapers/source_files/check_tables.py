"""Checks the tables of a source: names, keys, columns that agree, and rules that fit their type."""

import datetime
import decimal
import re
from collections.abc import Callable, Iterator
from typing import Any

from schemas.table import Column, ColumnType, Table
from scrapers.source_files.mistakes import Finding, YamlPath, nearest, shown
from scrapers.source_files.model import FieldRule
from scrapers.source_files.subject import Subject
from scrapers.source_files.tables import column_type, columns_of

__all__ = ["check_tables"]

_TABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*")
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,299}")
_RESERVED = ("_TABLE_", "_FILE_", "_PARTITION", "_ROW_TIMESTAMP", "__ROOT__", "_COLIDENTIFIER", "_CHANGE_")
"""Prefixes that BigQuery refuses (its documentation, "Column names")."""
_PROVENANCE = "scrape_"
_NUMBERS = ("integer", "float", "numeric")
_DATES: dict[ColumnType, Callable[[str], Any]] = {
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "datetime": datetime.datetime.fromisoformat,
    "timestamp": datetime.datetime.fromisoformat,
}


def check_tables(subject: Subject) -> Iterator[Finding]:
    """Everything that would make a table or its rows impossible."""
    yield from _table_names(subject)
    for _, path, rule in subject.fields():
        yield from _column_name(path)
        yield from _limits(path, rule)
    yield from _disagreements(subject)
    yield from _keys(subject, subject.tables)
    yield from _coverage(subject, subject.tables)
    yield from _compare_since(subject)


def _table_names(subject: Subject) -> Iterator[Finding]:
    named: list[tuple[YamlPath, str | None]] = [(("table",), subject.source.table)]
    named += [(("pages", name, "table"), page.table) for name, page in (subject.source.pages or {}).items()]
    for path, table in named:
        if table is not None and not _TABLE.fullmatch(table):
            yield Finding(path, f"{shown(table)}: expected dataset.table in letters, digits and _, e.g. shop.products")


def _column_name(path: YamlPath) -> Iterator[Finding]:
    name = str(path[-1])
    if not _COLUMN.fullmatch(name):
        yield Finding(
            path, "expected a name of letters, digits and _ that begins with a letter", re.sub(r"\W+", "_", name)
        )
    elif name.upper().startswith(_RESERVED):
        yield Finding(path, "is a name that BigQuery keeps for itself")
    elif name.lower().startswith(_PROVENANCE) and len(path) <= 4:
        yield Finding(path, f"names that begin with `{_PROVENANCE}` are kept for where a row comes from")


def _limits(path: YamlPath, rule: FieldRule) -> Iterator[Finding]:
    kind = column_type(rule)
    for key in ("min", "max"):
        limit = getattr(rule, key)
        if limit is not None and (wanted := _wrong_limit(kind, limit, repeated=rule.list_)):
            yield Finding((*path, key), f"{shown(limit)}: expected {wanted} for a {kind}{' list' * rule.list_}")
    if rule.min is not None and rule.max is not None and type(rule.min) is type(rule.max) and rule.min > rule.max:
        yield Finding((*path, "min"), f"{shown(rule.min)} is more than `max`, {shown(rule.max)}")
    if rule.pattern is not None and kind != "string":
        yield Finding((*path, "pattern"), f"a pattern is for texts, and this is a {kind}")
    for number, value in enumerate(rule.enum or ()):
        if kind == "string" and not isinstance(value, str):
            yield Finding((*path, "enum", number), f"{shown(value)}: expected a text for a string; quote it")
        elif kind in _NUMBERS and not _is_number(value):
            yield Finding((*path, "enum", number), f"{shown(value)}: expected a number for a {kind}")
    if rule.default is not None and rule.fields is None and (wanted := _wrong_default(kind, rule)):
        yield Finding(
            (*path, "default"), f"{shown(rule.default)}: expected {wanted} for a {kind}{' list' * rule.list_}"
        )
    if rule.fields is not None and "type" in rule.model_fields_set:
        yield Finding((*path, "type"), "a field with `fields` is a record and has no other type")


def _wrong_default(kind: ColumnType, rule: FieldRule) -> str:
    """What was expected of `default`, which is written as it stands; empty when it may be right."""
    value = rule.default
    if rule.personal == "hash" or kind in ("json", "bytes"):
        return ""
    if rule.list_:
        return "" if isinstance(value, list) else "a list"
    if kind == "string":
        return "" if isinstance(value, str) else "a text (quote it)"
    if kind == "integer":
        return "" if isinstance(value, int) and not isinstance(value, bool) else "a whole number"
    if kind in _NUMBERS:
        return "" if _is_number(value) else "a number"
    return "true or false" if kind == "boolean" and not isinstance(value, bool) else ""


def _wrong_limit(kind: ColumnType, limit: Any, *, repeated: bool) -> str:
    """What was expected of `min` or `max`; empty when it is right."""
    if repeated or kind in ("string", "bytes"):
        return (
            "" if isinstance(limit, int) and not isinstance(limit, bool) and limit >= 0 else "a length (a whole number)"
        )
    if kind == "integer":
        return "" if isinstance(limit, int) and not isinstance(limit, bool) else "a whole number"
    if kind in _NUMBERS:
        return "" if _is_number(limit) else "a number"
    if kind in _DATES:
        try:
            _DATES[kind](str(limit))
        except ValueError:
            return "an ISO 8601 text, such as 2026-01-31 or 2026-01-31T12:00:00Z,"
        return ""
    return "no limit"


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and decimal.Decimal(str(value)).is_finite()
    except decimal.InvalidOperation:
        return False


def _disagreements(subject: Subject) -> Iterator[Finding]:
    """A field that two page types of one table declare is one column."""
    seen: dict[tuple[str, str], tuple[str, Column]] = {}
    for name, page in subject.pages.items():
        for column in columns_of(page.fields):
            path = (*subject.place(name), "fields", column.name)
            first, other = seen.setdefault((page.table or "", column.name.lower()), (name, column))
            if other.name != column.name:
                yield Finding(path, f"BigQuery does not tell `{column.name}` from `{other.name}`: one name is needed")
            elif _kind(other) != _kind(column):
                yield Finding(
                    path, f"is {_kind(column)} here and {_kind(other)} in page type `{first}`: one column has one type"
                )


def _kind(column: Column) -> str:
    inner = f" of {', '.join(f'{one.name} {_kind(one)}' for one in column.columns)}" if column.columns else ""
    return f"{'a list of ' * column.repeated}{column.type}{inner}"


def _keys(subject: Subject, tables: dict[str, Table]) -> Iterator[Finding]:
    declared: list[tuple[YamlPath, list[str], str | None]] = [
        (("key",), subject.source.key or [], subject.source.table)
    ]
    for name, page in (subject.source.pages or {}).items():
        declared.append((("pages", name, "key"), page.key or [], subject.pages[name].table))
    for path, key, table in declared:
        if table not in tables or any("fields" in mended[-1:] for mended in subject.mended):
            continue
        columns = {column.name: column for column in tables[table].columns}
        for number, field in enumerate(key):
            place = (*path, number) if len(key) > 1 else path
            if field not in columns:
                listed = "" if nearest(field, columns) else f"; its fields are {', '.join(columns)}"
                yield Finding(place, f"`{field}` is no field of {table}{listed}", nearest(field, columns))
            elif columns[field].repeated or columns[field].type in ("record", "json"):
                yield Finding(place, f"`{field}` is {_kind(columns[field])}: a key needs plain values")


def _compare_since(subject: Subject) -> Iterator[Finding]:
    since = subject.source.checks.compare_since
    try:
        datetime.datetime.fromisoformat(since or "2026-11-22")
    except ValueError:
        message = f"{shown(since)}: expected a day (2026-11-22) or moment (2026-11-22T14:00:00Z)"
        yield Finding(("checks", "compare_since"), message)


def _coverage(subject: Subject, tables: dict[str, Table]) -> Iterator[Finding]:
    known = {column.name for table in tables.values() for column in table.columns}
    for field, share in subject.source.checks.coverage.items():
        if known and field not in known:
            yield Finding(("checks", "coverage", field), f"`{field}` is no field of this source", nearest(field, known))
        elif not 0 <= share <= 1:
            yield Finding(("checks", "coverage", field), f"{share:g}: expected a share from 0 to 1")
