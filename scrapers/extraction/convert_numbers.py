"""Converters of numbers, prices and currencies."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from price_parser import Price

from scrapers.extraction.convert_context import ConvertContext, Converter, ConvertError, text_in

__all__ = ["CONVERTERS", "number_in"]

_NUMBER = re.compile(
    r"(?<![\w.,])(?P<sign>[-+\u2212])?(?:[^\w\s.,+-]{1,3}\s?)?(?P<digits>\d[\d.,'\u2019\xa0\u202f ]*\d|\d|\.\d+)"
    r"(?:\s?(?P<power>[kK]|[mM](?:io|illion)?|[bB](?:n|illion)?)(?![A-Za-z]))?"
)
_POWERS = {"k": 1_000, "m": 1_000_000, "b": 1_000_000_000}
# CLDR's decimal sign is a comma in these languages; everywhere else it is a point.
_COMMA_LANGUAGES = frozenset({
    "af", "az", "be", "bg", "bs", "ca", "cs", "da", "de", "el", "es", "et", "eu", "fi", "fo", "fr", "gl", "hr",
    "hu", "hy", "id", "is", "it", "ka", "kk", "ky", "lt", "lv", "mk", "nb", "nl", "nn", "no", "pl", "pt", "ro",
    "ru", "sk", "sl", "sq", "sr", "sv", "tr", "uk", "uz", "vi",
})  # fmt: skip
_POINT_LOCALES = frozenset(
    {"de-ch", "de-li", "es-mx", "es-us", "es-pr", "es-gt", "es-hn", "es-sv", "es-ni", "es-pa", "es-do", "es-pe"}
)


def _decimal_sign(decimal: str | None, locale: str | None) -> str | None:
    if decimal not in (None, ".", ","):
        raise ValueError(f"option `decimal`: expected '.' or ',', not {decimal!r}")
    if decimal or not locale:
        return decimal
    name = str(locale).lower().replace("_", "-")
    return "," if name not in _POINT_LOCALES and name.partition("-")[0] in _COMMA_LANGUAGES else "."


def number_in(text: str, decimal: str | None = None) -> Decimal | None:
    """The first number in a text; None without one.

    Without `decimal` the digits decide: of two kinds of sign the last is the decimal one; a lone comma is one
    unless three digits follow it; a lone point always is.

    >>> number_in("1,234 reviews"), number_in("4,7 of 5"), number_in("1.234,50", ","), number_in("12.5K")
    (Decimal('1234'), Decimal('4.7'), Decimal('1234.50'), Decimal('12500'))
    """
    found = _NUMBER.search(text)
    if found is None:
        return None
    digits = re.sub(r"[^\d.,]", "", _first_group(found["digits"]))
    if decimal is None:
        decimal = _guessed_sign(digits)
    digits = digits.replace("," if decimal == "." else ".", "").replace(",", ".")
    whole, _, fraction = digits.partition(".")
    number = Decimal(f"{whole or 0}.{fraction.replace('.', '') or 0}") if fraction else Decimal(whole)
    if found["power"]:
        number = (number * _POWERS[found["power"][0].lower()]).normalize() + 0
    return -number if found["sign"] in ("-", "\u2212") else number


def _first_group(digits: str) -> str:
    """`1 234` is one number and `5 12` are two: a space only groups thousands."""
    if " " not in digits:
        return digits
    grouped = re.match(r"\d{1,3}(?: \d{3})+(?!\d)(?:[.,]\d+)?", digits)
    return grouped.group() if grouped else digits.split(" ")[0].rstrip(".,'")


def _guessed_sign(digits: str) -> str:
    point, comma = digits.rfind("."), digits.rfind(",")
    if point >= 0 and comma >= 0:
        return "." if point > comma else ","
    if digits.count(".") > 1:
        return ","
    grouped = re.fullmatch(r"\d{1,3}(?:,\d{3})+", digits)
    return "," if comma >= 0 and not grouped else "."


def number(decimal: str | None = None, locale: str | None = None) -> Converter:
    """The first number in a text: whole ones as int, others as Decimal; numbers stay as they are."""
    sign = _decimal_sign(decimal, locale)

    def convert(value: Any, _: ConvertContext) -> Any:
        if _is_number(value):
            return value
        found = number_in(text_in(value, "a number"), sign)
        if found is None:
            raise ConvertError("expected a text with a number in it")
        return int(found) if found == found.to_integral_value() and "." not in str(found) else found

    return convert


def price(decimal: str | None = None, locale: str | None = None) -> Converter:
    """The amount of a price, exactly."""
    sign = _decimal_sign(decimal, locale)

    def convert(value: Any, _: ConvertContext) -> Decimal:
        if _is_number(value):
            return Decimal(str(value))
        amount: Decimal | None = Price.fromstring(text_in(value, "a price"), decimal_separator=sign).amount
        if amount is None:
            raise ConvertError("expected a text with a price in it")
        return amount

    return convert


def currency() -> Converter:
    """The currency as the page writes it: `$` stays `$`, since it is the sign of twenty of them; `map` says which."""
    return lambda value, _: Price.fromstring(text_in(value, "a price")).currency


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


CONVERTERS: dict[str, Callable[..., Converter]] = {each.__name__: each for each in (number, price, currency)}
