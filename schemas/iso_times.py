"""Dates and times from ISO 8601 text, with nothing guessed: numbers are no dates, and no zone is made up."""

import datetime
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic_core import PydanticCustomError

__all__ = ["PARSERS"]

_UTC = datetime.UTC
T = TypeVar("T", datetime.date, datetime.time, datetime.datetime)


def _wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("type", message)


def _from_iso(kind: type[T], value: Any, message: str) -> T:
    if not isinstance(value, str):
        raise _wrong(message)
    try:
        return kind.fromisoformat(value.strip())
    except ValueError:
        raise _wrong(message) from None


def parse_date(value: Any) -> datetime.date:
    """A date; an instant only at midnight, since dropping a time is a decision for `convert: date`."""
    try:
        if type(value) is str and len(value) == 10:  # nearly always
            return datetime.date.fromisoformat(value)
    except ValueError:
        return _as_date(value)
    return _as_date(value)


def _as_date(value: Any) -> datetime.date:
    message = "an ISO date was expected (2026-11-22); `convert: date` reads others"
    if isinstance(value, str) and len(value.strip()) > 10:
        value = _from_iso(datetime.datetime, value, message)
    if isinstance(value, datetime.datetime):
        if value.time() != datetime.time.min:
            raise _wrong("a date without a time of day was expected; `convert: date` takes the day")
        return value.date()
    return value if isinstance(value, datetime.date) else _from_iso(datetime.date, value, message)


def parse_time(value: Any) -> datetime.time:
    """A time of day without a zone."""
    message = "an ISO time of day was expected (19:30:00)"
    time = value if isinstance(value, datetime.time) else _from_iso(datetime.time, value, message)
    if time.tzinfo is not None:
        raise _wrong("a time of day without a zone was expected")
    return time


def _instant(value: Any) -> datetime.datetime:
    if isinstance(value, datetime.datetime):
        return value
    message = "an ISO date and time was expected (2026-11-22T19:30:00); `convert: datetime` reads others"
    return _from_iso(datetime.datetime, value, message)


def parse_datetime(value: Any) -> datetime.datetime:
    """Date and time as a clock on the wall shows them, without a zone."""
    instant = _instant(value)
    if instant.tzinfo is not None:
        raise _wrong("a date and time without a zone was expected; type timestamp keeps instants")
    return instant


def parse_timestamp(value: Any) -> datetime.datetime:
    """An instant, in UTC."""
    instant = _instant(value)
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise _wrong("an instant needs a zone (2026-11-22T19:30:00Z); `convert: {datetime: {zone: ...}}` gives one")
    try:
        return instant.astimezone(_UTC)
    except OverflowError:
        raise _wrong("the instant lies outside the years 1 to 9999") from None


PARSERS: dict[str, Callable[[Any], Any]] = {
    "date": parse_date,
    "time": parse_time,
    "datetime": parse_datetime,
    "timestamp": parse_timestamp,
}
