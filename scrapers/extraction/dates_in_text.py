"""A date and a time of day somewhere in a text, and where the range that they begin ends."""

import dataclasses
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from scrapers.extraction.dates_in_words import DAY, MONTH, month_number

__all__ = ["Dated", "find_range"]

_YEAR = r"(?P<year>(?:19|20)\d\d)(?![\d:])(?!\s*[ap]\.?m)"
_DATES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<!\d)(?P<year>\d{4})-(?P<number>\d\d?)-(?P<day>\d\d?)(?!\d)",
        rf"\b{MONTH}\s*{DAY}(?![\d:])(?!\s*[ap]\.?m)(?:\s*[-–—&]\s*(?P<last>\d\d?)(?![\d:])(?!\s*[ap]\.?m))?(?:,?\s*{_YEAR})?",
        rf"(?<!\d){DAY}(?:\s*[-–—]\s*(?P<last>\d\d?)(?!\d))?\s+(?:of\s+)?{MONTH}(?![a-z])(?:,?\s*{_YEAR})?",
        r"(?<![\d/.-])(?P<one>\d\d?)(?P<mark>[/.-])(?P<two>\d\d?)(?P=mark)(?P<year>\d{4}|\d\d)(?!\d)",
    )
]
_LONE_YEAR = re.compile(r"(?<![\d/.:$#-])(?:19|20)\d\d(?![/.:-]?\d)")
_MARK = 0xE000  # a date is replaced by one private letter: its number
_DATED = "[\ue000-\ue0ff]"
_HALF = r"(?:(?P<half{0}>[ap])(?:\.?\s?m\b\.?|(?<=\d[ap])\b)|(?P<word{0}>noon|midnight)\b)"
_CLOCK = r"(?P<hour{0}>\d\d?)(?:[:.](?P<minute{0}>\d\d)(?::\d\d)?)?(?![\d/])\s*" + _HALF + "?"
_TO = rf"\s*(?:-|–|—|to|until|till|through)\s*(?P<until>{_DATED})?[\s,]*(?:at\s+|@\s*)?"
_RANGE = re.compile(rf"(?<![\d/.$#-]){_CLOCK.format(1)}(?:{_TO}{_CLOCK.format(2)})?", re.IGNORECASE)
_NOON = re.compile(r"\b(?P<word1>noon|midnight)\b", re.IGNORECASE)
_DAYS = re.compile(
    rf"(?P<from>{_DATED})\s*(?:-|–|—|to|until|through)\s*(?:[a-z]+day,?\s*)?(?P<to>{_DATED})", re.IGNORECASE
)
_MOST = 100  # dates looked at in one text


@dataclasses.dataclass(frozen=True)
class Dated:
    """A range in a text.

    Attributes:
      start: its beginning; at midnight when no time of day is said.
      end: None when none is said.
      has_year: whether the text says in which year; else both are in the year 2000.
    """

    start: datetime
    end: datetime | None
    has_year: bool


def find_range(text: str, order: str = "MDY") -> Dated | None:
    """The first date of a text with the time of day that follows it, or else that stands before it.

    English months and numbers are known. A date without a year takes the one that stands alone in the text (`2021
    meetings: January 26`).

    Args:
      order: of day, month and year in numbers.

    >>> find_range("Meets Tuesday, March 3 2020, 7-9:30 p.m. in Room 906").end
    datetime.datetime(2020, 3, 3, 21, 30)
    """
    dates: list[tuple[date, date, bool]] = []
    marked = _marked(re.sub(_DATED, " ", text), order, dates)
    if not dates:
        return None
    day, last, has_year = dates[0]
    years = [int(year[0]) for year in _LONE_YEAR.finditer(marked)]
    clocks = sorted(_clocks(marked), key=lambda clock: (clock[0] < marked.index(chr(_MARK)), clock[0]))
    start, end, until = clocks[0][1:] if clocks else (None, None, None)
    for days in _DAYS.finditer(marked):
        if days["from"] == chr(_MARK):
            last = dates[ord(days["to"]) - _MARK][0]
    if until is not None:
        last = dates[ord(until) - _MARK][0]
    return _dated(day, last, start, end, None if has_year else next(iter(years), None), has_year or bool(years))


def _dated(
    day: date, last: date, start: time | None, end: time | None, year: int | None, has_year: bool
) -> Dated | None:
    if year is not None:
        try:
            day, last = day.replace(year=year), last.replace(year=year)
        except ValueError:
            return None  # the 29th of February
    begin = datetime.combine(day, start or time())
    if end is None:
        return Dated(begin, datetime.combine(last, time()) if last > day else None, has_year)
    finish = datetime.combine(last, end)
    return Dated(begin, finish if finish > begin else finish + timedelta(days=1), has_year)


def _marked(text: str, order: str, dates: list[tuple[date, date, bool]]) -> str:
    """The text with a letter for each date, in their order; the dates are added to the list."""
    found = sorted(_dates(text, order), key=lambda one: (one[0].start(), -one[0].end()))
    pieces, position = [], 0
    for match, day, last, has_year in found:
        if match.start() < position or len(dates) == _MOST:
            continue
        pieces += [text[position : match.start()], f" {chr(_MARK + len(dates))} "]
        position = match.end()
        dates.append((day, last, has_year))
    return "".join([*pieces, text[position:]])


def _dates(text: str, order: str) -> Iterator[tuple[re.Match[str], date, date, bool]]:
    for pattern in _DATES:
        for match in pattern.finditer(text):
            said = match.groupdict()
            year = int(said["year"] or 2000)
            month, day = _month_and_day(said, order)
            try:
                first = date(year + 2000 if year < 100 else year, month, day)
                last = first.replace(day=int(said["last"])) if said.get("last") else first
            except ValueError:
                continue
            yield match, first, last, said["year"] is not None


def _month_and_day(said: dict[str, str | None], order: str) -> tuple[int, int]:
    if said.get("month"):
        return month_number(str(said["month"])), int(said["day"] or 0)
    if said.get("number"):
        return int(said["number"] or 0), int(said["day"] or 0)
    one, two = int(said["one"] or 0), int(said["two"] or 0)
    month_first = order.index("M") < order.index("D")
    return (one, two) if (month_first and one <= 12) or two > 12 else (two, one)


def _clocks(text: str) -> Iterator[tuple[int, time, time | None, str | None]]:
    """Place, start, end and the letter of the end's date of every time of day in a text."""
    for match in _RANGE.finditer(text):
        said = match.groupdict()
        if not (
            said["minute1"] or said["half1"] or said["word1"] or (said["hour2"] and (said["half2"] or said["word2"]))
        ):
            continue
        end = _clock(said, "2", said["half1"]) if said["minute2"] or said["half2"] or said["word2"] else None
        start = _clock(said, "1", said["half2"])
        if start is not None and end is not None and start > end and not said["half1"] and said["half2"]:
            start = _clock(said, "1", None) or start  # 11-1 p.m.
        if start is not None:
            yield match.start(), start, end, said["until"] if end is not None else None
    for word in _NOON.finditer(text):
        yield word.start(), time(12 if word[0].lower() == "noon" else 0), None, None


def _clock(said: dict[str, str | None], which: str, other_half: str | None) -> time | None:
    """A time of day; without its half of the day it has the other end's."""
    hour, minute, word = int(said["hour" + which] or 0), int(said["minute" + which] or 0), said["word" + which]
    half = (said["half" + which] or other_half or "").lower()
    if word:
        hour = 12 if word.lower() == "noon" else 0
    elif half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None
