"""Durations: ISO 8601 as sites write it, and in words."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from scrapers.extraction.convert_context import ConvertContext, Converter, ConvertError, text_in

__all__ = ["CONVERTERS", "duration_secs"]

_DAY = 86_400
# A year and a month have no one length: these are ISO 8601's nominal ones, as no page means them exactly.
_ISO = re.compile(
    r"[-+]?P?\s*(?:(?P<y>[\d.,]+)\s*Y)?\s*(?:(?P<mo>[\d.,]+)\s*M)?\s*(?:(?P<w>[\d.,]+)\s*W)?\s*(?:(?P<d>[\d.,]+)\s*D)?\s*"
    r"(?:T\s*(?:(?P<h>[\d.,]+)\s*H)?\s*(?:(?P<m>[\d.,]+)\s*(?:M|\Z))?\s*(?:(?P<s>[\d.,]+)\s*S)?)?",
    re.IGNORECASE,
)
_ISO_SECS = {"y": 365 * _DAY, "mo": 30 * _DAY, "w": 7 * _DAY, "d": _DAY, "h": 3600, "m": 60, "s": 1}
_WORDS = (
    (7 * _DAY, r"wk|week|semaine|woche|semana|settiman|weken|veck|uge|tyg"),
    (_DAY, r"d(?![a-z])|day|jour|tag|d[ií]a|giorn|dag|dni|dzie"),
    (3600, r"h(?![a-z])|hr|hour|heure|std|stunde|hora|ora(?![a-z])|ore(?![a-z])|uur|uren|tim|godz"),
    (60, r"m(?![a-z])|min"),
    (1, r"s(?![a-z])|sec|sek|seg"),
)
_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": _DAY}
_FRACTIONS = {"¼": "1/4", "½": "1/2", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "⅛": "1/8"}
_AMOUNT = r"(?P<amount>\d+(?:[.,]\d+)?(?:\s+\d/\d)?|\d/\d)"
_PIECE = re.compile(
    rf"(?:\d+(?:[.,]\d+)?\s*(?:-|–|to|bis|à|a)\s*)?(?<![\d/.,]){_AMOUNT}\s*-?(?:"
    + "|".join(f"(?P<u{secs}>{words})" for secs, words in _WORDS)
    + r")[a-zé]*",
    re.IGNORECASE,
)
_EMPTY = re.compile(r"P?T?[HMS]*", re.IGNORECASE)  # templates fill in nothing: PT, PTM
_CLOCK = re.compile(r"(\d{1,3}):([0-5]?\d(?:\.\d+)?)(?::([0-5]?\d(?:\.\d+)?))?")


def duration_secs(text: str, clock: str = "h:m") -> Decimal | None:
    """Seconds in a text; of a range (`30-40 minutes`) its end; None when it holds no duration.

    Args:
      clock: what `1:30` means, hours and minutes (`h:m`) or minutes and seconds (`m:s`).

    >>> duration_secs("PT1H30M"), duration_secs("1 hour 30 mins"), duration_secs("P1DT2H"), duration_secs("1:30")
    (Decimal('5400'), Decimal('5400'), Decimal('93600'), Decimal('5400'))
    """
    iso = _ISO.fullmatch(text) if text[:2].lstrip("-+").upper().startswith(("P", "T")) else None
    if iso is not None and any(iso.groupdict().values()):
        return sum((_amount(part) * _ISO_SECS[name] for name, part in iso.groupdict().items() if part), Decimal(0))
    hands = _CLOCK.fullmatch(text)
    if hands is not None and (clock == "h:m" or hands[3]):
        return Decimal(hands[1]) * 3600 + Decimal(hands[2]) * 60 + Decimal(hands[3] or 0)
    if hands is not None:
        return Decimal(hands[1]) * 60 + Decimal(hands[2])
    for sign, plain in _FRACTIONS.items():
        text = text.replace(sign, " " + plain)
    pieces = list(_PIECE.finditer(text))
    if not pieces:
        return None
    total = sum((_amount(piece["amount"]) * _secs(piece) for piece in pieces), Decimal(0))
    rest = re.fullmatch(r"\s*(\d{1,2})\s*", text[pieces[-1].end() :])  # 1h30
    return total + (Decimal(rest[1]) * 60 if rest and _secs(pieces[-1]) == 3600 else 0)


def _secs(piece: re.Match[str]) -> int:
    return next(int(name[1:]) for name, word in piece.groupdict().items() if name != "amount" and word)


def _amount(text: str) -> Decimal:
    total = Decimal(0)
    for part in text.replace(",", ".").split():
        above, _, below = part.partition("/")
        try:
            total += Decimal(above) / (Decimal(below) if below else 1)
        except ArithmeticError:
            raise ConvertError(f"`{part}` is not an amount") from None
    return total


def duration(unit: str = "seconds", clock: str = "h:m") -> Converter:
    """A number of seconds, minutes, hours or days; a bare number counts in the unit asked for."""
    if clock not in ("h:m", "m:s"):
        raise ValueError(f"option `clock`: expected 'h:m' or 'm:s', not {clock!r}")
    if unit not in _UNITS:
        raise ValueError(f"option `unit`: expected one of {', '.join(_UNITS)}, not {unit!r}")

    def convert(value: Any, _: ConvertContext) -> int | float | None:
        text = text_in(value, "a duration")
        if _EMPTY.fullmatch(text):
            return None
        if re.fullmatch(r"\d+(?:\.\d+)?", text):
            amount = Decimal(text)
        else:
            secs = duration_secs(text, clock)
            if secs is None:
                raise ConvertError("expected a duration such as PT1H30M or 1 hour 30 minutes")
            amount = secs / _UNITS[unit]
        return int(amount) if amount == amount.to_integral_value() else float(amount)

    return convert


CONVERTERS: dict[str, Callable[..., Converter]] = {"duration": duration}
