"""Dates and times: ISO 8601, given formats, and people's words."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

from scrapers.extraction.convert_context import ConvertContext, Converter, ConvertError, text_in
from scrapers.extraction.dates_in_text import find_range
from scrapers.extraction.dates_in_words import in_words

__all__ = ["CONVERTERS"]

_HALF_OF_DAY = re.compile(r"(?<=\d)\s*([ap])\.?\s*(?:m\b\.?)?(?![a-z])", re.IGNORECASE)
_YEAR = re.compile(r"%[YyGcxsD]")
_UNIX = re.compile(r"-?\d{9,10}(?:\.\d+)?|\d{12,13}")
_MAIL = re.compile(r"(?:[A-Za-z]{3},? )?\d{1,2}[ -][A-Za-z]{3}[ -]\d{2,4} \d{2}:\d{2}(?::\d{2})?(?: [-+A-Z0-9]{1,5})?")
_LONGEST = 100  # characters: looking for a date in a whole article takes seconds and finds a wrong one
_LONGEST_SEARCHED = 10_000
_PREFER = {"future": "future", "past": "past", "current": "current_period"}
_ORDERS = ("YMD", "YDM", "DMY", "DYM", "MDY", "MYD")


class _Reader:
    """Reads moments with one field's options."""

    def __init__(
        self,
        formats: Sequence[str],
        zone: str | None,
        languages: Sequence[str],
        order: str | None,
        prefer: str,
        find: str | None = None,
    ) -> None:
        if find not in (None, "start", "end"):
            raise ValueError(f"option `find`: expected start or end, not {find!r}")
        if find and (formats or languages):
            raise ValueError("option `find` knows no formats and no languages")
        if prefer not in _PREFER:
            raise ValueError(f"option `prefer`: expected one of {', '.join(_PREFER)}, not {prefer!r}")
        if order is not None and order not in _ORDERS:
            raise ValueError(f"option `order`: expected one of {', '.join(_ORDERS)}, not {order!r}")
        self._formats = tuple(formats)
        self._zone = _zone(zone)
        self._languages = tuple(languages)
        self._order = order
        self._prefer = prefer
        self._find = find

    def moment(self, value: Any, context: ConvertContext) -> datetime | None:
        text = text_in(value, "a date")
        if self._find:
            found = self._in_text(text, context)
        else:
            found = self._by_format(text, context) if self._formats else self._by_itself(text, context)
        if found is None:
            return None
        if found.tzinfo is None and self._zone is not None:
            return found.replace(tzinfo=self._zone)
        return found

    def _in_text(self, text: str, context: ConvertContext) -> datetime | None:
        """The date that stands somewhere in the text, or where its range ends: None when it says no end."""
        try:
            exact = datetime.fromisoformat(text)
            return exact if self._find == "start" else None
        except ValueError:
            pass
        found = find_range(text[:_LONGEST_SEARCHED], self._order or "MDY")
        if found is None:
            raise ConvertError("expected a text with a date in it")
        start = found.start if found.has_year else self._with_year(found.start, context)
        if self._find == "start" or found.end is None:
            return start if self._find == "start" else None
        return start + (found.end - found.start)

    def _by_format(self, text: str, context: ConvertContext) -> datetime:
        for form in self._formats:
            try:
                found = datetime.strptime(*_with_half_of_day(text, form))
            except ValueError:
                continue
            return found if _YEAR.search(form) else self._with_year(found, context)
        raise ConvertError(f"expected a date as {' or '.join(self._formats)}")

    def _with_year(self, found: datetime, context: ConvertContext) -> datetime:
        """The year in which the date lies nearest to the fetch, on the preferred side."""
        now = context.moment.astimezone(self._zone or UTC).replace(tzinfo=None)
        years = {"current": (now.year,), "future": (now.year, now.year + 1), "past": (now.year, now.year - 1)}
        for year in years[self._prefer]:
            try:
                dated = found.replace(year=year, tzinfo=None)
            except ValueError:
                continue  # the 29th of February
            if (
                self._prefer == "current"
                or (dated.date() >= now.date()) == (self._prefer == "future")
                or dated.date() == now.date()
            ):
                return dated.replace(tzinfo=found.tzinfo)
        raise ConvertError(f"there is no such day in {' or '.join(map(str, years[self._prefer]))}")

    def _by_itself(self, text: str, context: ConvertContext) -> datetime:
        if _UNIX.fullmatch(text):
            secs = float(text)
            return datetime.fromtimestamp(secs / 1000 if abs(secs) >= 1e11 else secs, UTC)
        for read in (datetime.fromisoformat, _of_mail):
            try:
                return read(text)
            except ValueError:
                continue
        if text.isdecimal() or len(text) > _LONGEST:
            raise ConvertError("expected a date")
        now = context.moment.astimezone(self._zone or UTC).replace(tzinfo=None)
        found = in_words(text, now, self._languages, self._order, _PREFER[self._prefer])
        if found is None:
            raise ConvertError("expected a date")
        return found


def _of_mail(text: str) -> datetime:
    """RFC 5322, as HTTP headers and feeds have it; the library alone would read much else, and read it wrong."""
    if not _MAIL.fullmatch(text):
        raise ValueError(text)
    return parsedate_to_datetime(text)


def _zone(name: str | None) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError, see below
        raise ValueError(f"option `zone`: `{name}` is no time zone; expected a name such as America/New_York") from None
    except KeyError:
        raise ValueError(
            f"option `zone`: there is no time zone `{name}`; expected one such as America/New_York"
        ) from None


def _with_half_of_day(text: str, form: str) -> tuple[str, str]:
    """`7:30p` and `7:30 p.m.` for `%I:%M%p`: strptime knows only `PM`, and only where the space agrees."""
    if "%p" not in form:
        return text, form
    return _HALF_OF_DAY.sub(lambda half: half[1].upper() + "M", text, count=1), re.sub(r"\s*%p", "%p", form)


def _texts(one: Any, many: Any) -> list[str]:
    formats = [one] if isinstance(one, str) else list(one or [])
    formats += [many] if isinstance(many, str) else list(many or [])
    for form in formats:
        if not isinstance(form, str) or "%" not in form:
            raise ValueError(f"option `format`: expected codes such as %Y-%m-%d, not {form!r}")
    return formats


def _names(languages: Any) -> list[str]:
    return [languages] if isinstance(languages, str) else list(languages or [])


def moment(
    format: str | list[str] | None = None,
    formats: list[str] | None = None,
    zone: str | None = None,
    languages: list[str] | None = None,
    order: str | None = None,
    prefer: str = "current",
    find: str | None = None,
) -> Converter:
    """A date with a time; with `zone` it has one, unless the text names its own.

    With `find: start` date and time of day stand somewhere in the text (`Tuesday, March 3, 7-9 p.m., Room 906`), in
    English or numbers; `find: end` is where they end, null when the text says no end.
    """
    return _Reader(_texts(format, formats), zone, _names(languages), order, prefer, find).moment


def day(
    format: str | list[str] | None = None,
    formats: list[str] | None = None,
    zone: str | None = None,
    languages: list[str] | None = None,
    order: str | None = None,
    prefer: str = "current",
    find: str | None = None,
) -> Converter:
    """A calendar day; with `zone` the day that it was there."""
    read, there = moment(format, formats, zone, languages, order, prefer, find), _zone(zone)

    def convert(value: Any, context: ConvertContext) -> date | None:
        found: datetime | None = read(value, context)
        if found is None:
            return None
        try:
            return (found.astimezone(there) if there and found.tzinfo else found).date()
        except OverflowError:
            raise ConvertError("expected a date between the years 1 and 9999") from None

    return convert


def time_of_day(format: str | list[str] | None = None, formats: list[str] | None = None) -> Converter:
    """A time of day without a zone."""
    wanted = _texts(format, formats)

    def convert(value: Any, context: ConvertContext) -> time:
        text = text_in(value, "a time of day")
        for form in wanted or ("%H:%M:%S", "%H:%M", "%I:%M:%S%p", "%I:%M%p", "%I%p"):
            try:
                return datetime.strptime(*_with_half_of_day(text, form)).time()
            except ValueError:
                continue
        try:
            return time.fromisoformat(text).replace(tzinfo=None)
        except ValueError:
            raise ConvertError(f"expected a time of day{' as ' + ' or '.join(wanted) if wanted else ''}") from None

    return convert


def when(past: Any = None, future: Any = None, zone: str | None = None) -> Converter:
    """One value for a moment before the page was fetched, another from then on; a day is past when it is over."""
    read, there = moment(zone=zone), _zone(zone) or UTC

    def convert(value: Any, context: ConvertContext) -> Any:
        found: datetime = read(value, context)
        now = context.moment.astimezone(found.tzinfo or there).replace(tzinfo=found.tzinfo)
        is_day = len(str(value).strip()) == len("2026-01-01")
        return past if (found.date() < now.date() if is_day else found < now) else future

    return convert


CONVERTERS: dict[str, Callable[..., Converter]] = {"datetime": moment, "date": day, "time": time_of_day, "when": when}
