"""Guesses a field's type and conversion from its values on the page."""

import re
from collections.abc import Sequence
from typing import Any

__all__ = ["guess_json", "guess_text"]

_PRICE = re.compile(
    r"(?:[$€£¥₹₽₩]|\b(?:USD|EUR|GBP|CHF|JPY|INR|CAD|AUD|kr|zł)\b)\s?\d|\d\s?(?:[$€£¥₹₽₩]|(?:USD|EUR|GBP|CHF|kr|zł)\b)"
)
_INTEGER = re.compile(r"[+-]?(?:0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"[+-]?\d{0,15}\.\d{1,9}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?")
_TIMESTAMP = re.compile(_DATETIME.pattern + r"\s?(?:Z|[+-]\d\d:?\d\d)")
_PRICE_LENGTH = 40  # characters: a sentence that mentions a price is not one


def guess_text(values: Sequence[str]) -> dict[str, Any]:
    """`type` and `convert` for texts; {} for plain text. Leading zeros make a code, not a number.

    >>> guess_text(["£51.77", "£53.74"])
    {'convert': 'price', 'type': 'numeric'}
    >>> guess_text(["7", "12"]), guess_text(["007"]), guess_text(["2026-11-22"])
    ({'type': 'integer'}, {}, {'convert': 'date', 'type': 'date'})
    """
    if not values:
        return {}
    if all(len(value) <= _PRICE_LENGTH and _PRICE.search(value) for value in values):
        return {"convert": "price", "type": "numeric"}
    if all(_INTEGER.fullmatch(value) for value in values):
        return {"type": "integer"}
    if all(_INTEGER.fullmatch(value) or _DECIMAL.fullmatch(value) for value in values):
        return {"type": "float"}
    return _guess_time(values)


def _guess_time(values: Sequence[str]) -> dict[str, Any]:
    for pattern, convert, kind in (
        (_DATE, "date", "date"),
        (_TIMESTAMP, "datetime", "timestamp"),
        (_DATETIME, "datetime", "datetime"),
    ):
        if all(pattern.fullmatch(value) for value in values):
            return {"convert": convert, "type": kind}
    return {}


def guess_json(values: Sequence[Any]) -> dict[str, Any]:
    """`type` (and `convert`) for JSON values that are not null; mixed kinds become text, structures stay JSON."""
    if not values:
        return {}
    if any(isinstance(value, dict | list) for value in values):
        return {"type": "json"}
    if all(isinstance(value, bool) for value in values):
        return {"type": "boolean"}
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return {"type": "integer"}
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return {"type": "float"}
    if all(isinstance(value, str) for value in values):
        return _guess_time(values)
    return {}
