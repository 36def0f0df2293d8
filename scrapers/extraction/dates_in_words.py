"""Dates as people write them: full English ones at once, all others in many languages by dateparser."""

import functools
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

__all__ = ["DAY", "MONTH", "in_words", "month_number"]

_MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"
MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:[rua]{2,5}ry)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_ENGLISH = [
    re.compile(
        rf"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?{date},?\s+(?P<year>\d{{4}})"
        r"(?:,?\s+(?:at\s+|-\s+)?(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?(?::(?P<second>\d\d))?\s*(?P<half>[ap])?\.?(?:m\b\.?)?)?",
        re.IGNORECASE,
    )
    for date in (rf"{MONTH}\s+{DAY}", rf"{DAY}\s+(?:of\s+)?{MONTH}")
]


def in_words(text: str, now: datetime, languages: Sequence[str], order: str | None, prefer: str) -> datetime | None:
    """The moment that a text means, None when it means none.

    Args:
      now: what "yesterday" and a missing year are relative to, without a zone.
      languages: the only ones tried; none: dateparser finds out, which is slow and may be wrong.
      order: of day, month and year in numbers, e.g. DMY.
      prefer: `future`, `past` or `current_period`, for what the text leaves open.
    """
    if not languages or "en" in languages:
        complete = _in_english(text)
        if complete is not None:
            return complete
    settings: dict[str, Any] = {"RELATIVE_BASE": now, "PREFER_DATES_FROM": prefer, "PREFER_DAY_OF_MONTH": "first"}
    if order:
        settings["DATE_ORDER"] = order
    try:
        found: datetime | None = _dateparser().parse(text, languages=list(languages) or None, settings=settings)
    except (OverflowError, RecursionError):
        return None
    return found


def month_number(name: str) -> int:
    """1 to 12 of an English month, in full or short."""
    return _MONTHS.index(name[:3].lower()) // 3 + 1


def _in_english(text: str) -> datetime | None:
    """A date with day, month and year in English; dateparser reads the same, a thousand times slower."""
    for pattern in _ENGLISH:
        found = pattern.fullmatch(text)
        if found is None:
            continue
        hour, half = int(found["hour"] or 0), (found["half"] or "").lower()
        if found["hour"] and not found["minute"] and not half:
            return None  # a lone number may be anything
        if half:
            hour = hour % 12 + (12 if half == "p" else 0) if 1 <= hour <= 12 else 24
        month = month_number(found["month"])
        clock = (hour, int(found["minute"] or 0), int(found["second"] or 0))
        try:
            return datetime(int(found["year"]), month, int(found["day"]), *clock)
        except ValueError:
            return None
    return None


@functools.cache
def _dateparser() -> Any:
    """Imported at the first need: it takes a third of a second."""
    import dateparser

    return dateparser
