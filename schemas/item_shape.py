"""What happens to an item before its table looks at it, and before a letter keeps it."""

from typing import Any

from schemas.row_problems import column_at
from schemas.row_rules import hash_personal
from schemas.table import Column

__all__ = ["UNKNOWN_COLUMN", "cleaned", "set_unknown_aside", "without_personal"]

UNKNOWN_COLUMN = "_unknown"


def cleaned(value: Any, columns: tuple[Column, ...]) -> Any:
    """Text without anything in it is null, in nested records too; a JSON column keeps what it holds."""
    if not isinstance(value, dict):
        return value
    by_name = {column.name: column for column in columns}
    cleaned: dict[str, Any] = {name: _clean_field(part, by_name.get(name)) for name, part in value.items()}
    return cleaned


def _clean_field(value: Any, column: Column | None) -> Any:
    if isinstance(value, str):
        return value if value.strip() else None
    if column is None or column.type == "json":
        return value
    if isinstance(value, list):
        return [_clean_field(part, column) for part in value]
    return cleaned(value, column.columns) if column.type == "record" else value


def set_unknown_aside(item: dict[str, Any], columns: tuple[Column, ...]) -> dict[str, Any]:
    unknown: dict[str, Any] = {}
    known = _split(item, columns, "", unknown)
    if unknown:
        known[UNKNOWN_COLUMN] = {**(known.get(UNKNOWN_COLUMN) or {}), **unknown}
    return known


def _split(item: dict[str, Any], columns: tuple[Column, ...], path: str, unknown: dict[str, Any]) -> dict[str, Any]:
    by_name = {column.name: column for column in columns}
    known: dict[str, Any] = {}
    for name, value in item.items():
        column = by_name.get(name)
        if column is None:
            if value is not None:
                unknown[f"{path}{name}"] = value
        elif column.type != "record":
            known[name] = value
        elif isinstance(value, dict):
            known[name] = _split(value, column.columns, f"{path}{name}.", unknown)
        elif isinstance(value, list):
            inner = [
                _split(part, column.columns, f"{path}{name}[{place}].", unknown) if isinstance(part, dict) else part
                for place, part in enumerate(value)
            ]
            known[name] = inner
        else:
            known[name] = value
    return known


def without_personal(item: Any, columns: tuple[Column, ...], hash_key: bytes) -> Any:
    if isinstance(item, list):
        return [without_personal(part, columns, hash_key) for part in item]
    if not isinstance(item, dict):
        return item
    kept: dict[str, Any] = {}
    for name, value in item.items():
        column = column_at((name,), columns)
        if column is None or value is None:
            kept[name] = value
        elif column.personal == "hash":
            kept[name] = hash_personal(value, hash_key)
        elif column.personal != "drop":
            kept[name] = without_personal(value, column.columns, hash_key)
    return kept
