"""What is wrong with an item, said for people: pydantic's errors in our own words."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from schemas.reading import FieldProblem
from schemas.table import Column

__all__ = ["VALUE_CHARACTERS", "describe", "path_text", "problem_of", "shown", "without_personal_value"]

VALUE_CHARACTERS = 200

_EXPECTED = {
    "string": "a text was expected",
    "integer": "a whole number of at most 64 bits was expected",
    "float": "a finite number was expected",
    "numeric": "a number of at most 29 digits before the point and 9 after it was expected",
    "boolean": "true or false was expected",
    "bytes": "bytes were expected",
    "json": "a JSON value was expected",
    "record": "a record (a mapping of fields) was expected",
}

# pydantic's error type -> our rule and sentence; whatever is not named here is a wrong type.
_RULES = {
    "extra_forbidden": ("unknown", "the table has no such column"),
    "string_too_short": ("min", "at least {min_length} characters were expected"),
    "string_too_long": ("max", "at most {max_length} characters were expected"),
    "bytes_too_short": ("min", "at least {min_length} bytes were expected"),
    "bytes_too_long": ("max", "at most {max_length} bytes were expected"),
    "string_pattern_mismatch": ("pattern", "text like {pattern} was expected"),
}
_OURS = {"required", "type", "min", "max", "pattern", "enum"}  # rules that our own checks raise, their message ready


def describe(errors: Sequence[ErrorDetails], columns: tuple[Column, ...]) -> list[FieldProblem]:
    """Every bad field of one item; error locations are relative to the item."""
    return [_describe(error, columns) for error in errors]


def _describe(error: ErrorDetails, columns: tuple[Column, ...]) -> FieldProblem:
    column = column_at(error["loc"], columns)
    path = path_text(error["loc"])
    rule, message = _rule(error, column)
    return without_personal_value(FieldProblem(path, rule, message, shown(error["input"], rule)), columns)


def without_personal_value(problem: FieldProblem, columns: tuple[Column, ...]) -> FieldProblem:
    """The problem without its value when a column on its path is personal: letters are read by many."""
    for name in re.split(r"[.\[\]]+", problem.field):
        column = next((column for column in columns if column.name == name), None)
        if column is not None and column.personal in ("hash", "drop"):
            return dataclasses.replace(problem, value="[personal]" if problem.value else "")
        columns = column.columns if column is not None else columns
    return problem


def _rule(error: ErrorDetails, column: Column | None) -> tuple[str, str]:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _OURS:
        return kind, error["msg"]
    if error["input"] is None or kind == "missing":
        return "required", "a value is required"
    if kind in _RULES:
        rule, sentence = _RULES[kind]
        return rule, sentence.format_map(_pattern_as_written(context, column))
    expected = _EXPECTED.get(column.type, "another type was expected") if column else "a mapping of fields was expected"
    return "type", expected + _instead(error["input"])


def _instead(value: Any) -> str:
    """What came instead; nothing for a text, since the problem shows it."""
    if isinstance(value, bool):
        return ", not true or false"
    if isinstance(value, list | tuple):
        return f", not a list of {len(value)}"
    return ", not a mapping" if isinstance(value, dict) else ""


def _pattern_as_written(context: Mapping[str, Any], column: Column | None) -> Mapping[str, Any]:
    return {**context, "pattern": column.pattern} if column and column.pattern else context


def column_at(path: Sequence[int | str], columns: tuple[Column, ...]) -> Column | None:
    """The column that a path leads to; the innermost known one decides."""
    found: Column | None = None
    for part in path:
        if isinstance(part, int):
            continue
        found = next((column for column in columns if column.name == part), None)
        if found is None:
            return None
        columns = found.columns
    return found


def path_text(path: Sequence[int | str]) -> str:
    """
    >>> path_text(("offers", 2, "price"))
    'offers[2].price'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def shown(value: Any, rule: str = "") -> str:
    """A value for people: cut to 200 characters, empty for nothing."""
    if value is None or rule == "required":
        return ""
    try:
        text = value if isinstance(value, str) else repr(value)
    except Exception:  # noqa: BLE001  somebody else's __repr__
        text = f"({type(value).__name__})"
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= VALUE_CHARACTERS else text[: VALUE_CHARACTERS - 1] + "…"


def problem_of(field: str, rule: str, message: str, value: Any = None) -> FieldProblem:
    return FieldProblem(field, rule, message, shown(value))
