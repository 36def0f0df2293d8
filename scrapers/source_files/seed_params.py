"""The values of a seed template's parameters: lists, ranges, dates, files; indexed, never laid out in memory."""

import calendar
import datetime
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

__all__ = ["Dates", "NumberRange", "ParamError", "parse_params", "values_of"]

_NUMBERS = re.compile(r"(-?\d+)\.\.(-?\d+)(?:\.\.(\d+))?")
_OPEN_RANGE = re.compile(r"-?\d+\.\.|\.\.-?\d+")
_LETTERS = re.compile(r"([A-Za-z])\.\.([A-Za-z])")
_RELATIVE = re.compile(r"([+-]?\s*\d+)\s*(day|week|month|year)s?")
_STEP = re.compile(r"(?:(\d+)\s*)?(day|week|month|year)s?")
_WORDS = {"today": 0, "yesterday": -1, "tomorrow": 1}
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}


class ParamError(ValueError):
    """The values of a parameter cannot be understood; the text says what was expected."""


class NumberRange(Sequence[Any]):
    """`1..50` as integers; `001..120` as texts of one width; `0..900..100` in steps, downwards if the end is less."""

    def __init__(self, first: str, last: str, step: str | None) -> None:
        sign = 1 if int(last) >= int(first) else -1
        by = int(step or 1) * sign
        if by == 0:
            raise ParamError("the step of a range must not be 0")
        self._numbers = range(int(first), int(last) + sign, by)
        padded = any(len(text.lstrip("-")) > 1 and text.lstrip("-").startswith("0") for text in (first, last))
        self._width = max(len(first), len(last)) if padded else 0

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: Any) -> Any:
        number = self._numbers[index]
        return f"{number:0{self._width}d}" if self._width else number


class Dates(Sequence[str]):
    """Days from one to another (both included) as texts."""

    def __init__(self, first: datetime.date, last: datetime.date, step: str, form: str) -> None:
        self._first, self._format = first, form
        self._count, self._unit = _step_of(step)
        self._length = 0 if last < first else self._steps_to(last) + 1

    def _steps_to(self, last: datetime.date) -> int:
        if self._unit in _DAYS:
            return (last - self._first).days // (self._count * _DAYS[self._unit])
        months = (last.year - self._first.year) * 12 + last.month - self._first.month
        steps = months // (self._count * _MONTHS[self._unit])
        return steps if self._date(steps) <= last else steps - 1

    def _date(self, index: int) -> datetime.date:
        if self._unit in _DAYS:
            return self._first + datetime.timedelta(days=index * self._count * _DAYS[self._unit])
        return _months_later(self._first, index * self._count * _MONTHS[self._unit])

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: Any) -> Any:
        if not 0 <= index < self._length:
            raise IndexError(index)
        return self._date(index).strftime(self._format)


class Chain(Sequence[Any]):
    """Several sequences one after another."""

    def __init__(self, parts: Sequence[Sequence[Any]]) -> None:
        self._parts = parts
        self._length = sum(map(len, parts))

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: Any) -> Any:
        for part in self._parts:
            if index < len(part):
                return part[index]
            index -= len(part)
        raise IndexError(index)


def values_of(rule: Any, folder: Path, tick: float) -> Sequence[Any]:
    """The values that a rule under `seeds.params` stands for. Raises ParamError.

    Args:
      rule: one value, a range, a list of both, `{dates: A..B, zone, format, step}` or `{file: NAME}`.
      folder: of the source file; files are relative to it.
      tick: the scheduled instant, Unix seconds; relative dates refer to its day in the zone (default UTC).

    >>> list(values_of(["a", "1..3", "08..10", "X..Z"], Path(), 0))
    ['a', 1, 2, 3, '08', '09', '10', 'X', 'Y', 'Z']
    >>> list(values_of({"dates": "-1 day..today"}, Path(), 86400))
    ['1970-01-01', '1970-01-02']
    """
    if isinstance(rule, Mapping):
        if "dates" in rule:
            return _dates_of(rule, tick)
        if "file" in rule:
            return _lines_of(folder / str(rule["file"]))
        raise ParamError("expected a list, a range such as `1..50`, {dates: A..B} or {file: NAME}")
    given = rule if isinstance(rule, list) else [rule]
    if any(value is None or isinstance(value, list | dict) for value in given):
        raise ParamError("a value must be a text, a number, true or false")
    parts: list[Sequence[Any]] = [_range_of(value) or [value] for value in given]
    if len(parts) == 1:
        return parts[0]
    return [value for part in parts for value in part] if sum(map(len, parts)) <= 1000 else Chain(parts)


def _range_of(text: Any) -> Sequence[Any] | None:
    if not isinstance(text, str):
        return None
    if found := _NUMBERS.fullmatch(text.strip()):
        return NumberRange(found[1], found[2], found[3])
    if found := _LETTERS.fullmatch(text.strip()):
        first, last = ord(found[1]), ord(found[2])
        if found[1].isupper() != found[2].isupper() or last < first:
            raise ParamError(f"`{text}` is no range of letters: write A..Z or a..z")
        return [chr(code) for code in range(first, last + 1)]
    if _OPEN_RANGE.fullmatch(text.strip()):
        raise ParamError(f"`{text}` is half a range: write both ends, such as `1..50`")
    return None


def _dates_of(rule: Mapping[str, Any], tick: float) -> Sequence[Any]:
    unknown = rule.keys() - {"dates", "zone", "format", "step"}
    if unknown:
        raise ParamError(f"`{min(unknown)}` is unknown here: dates, zone, format and step are known")
    try:
        today = datetime.datetime.fromtimestamp(tick, ZoneInfo(str(rule.get("zone", "UTC")))).date()
    except (KeyError, ValueError, OSError) as error:
        raise ParamError(f"{rule.get('zone')!r} is no time zone: expected a name such as America/New_York") from error
    form, step = str(rule.get("format", "%Y-%m-%d")), str(rule.get("step", "1 day"))
    spans = rule["dates"] if isinstance(rule["dates"], list) else [rule["dates"]]
    parts = []
    for span in spans:
        first, _, last = str(span).partition("..")
        parts.append(Dates(_date_of(first, today), _date_of(last or first, today), step, form))
    return parts[0] if len(parts) == 1 else Chain(parts)


def _date_of(text: str, today: datetime.date) -> datetime.date:
    text = text.strip()
    if text in _WORDS:
        return today + datetime.timedelta(days=_WORDS[text])
    if found := _RELATIVE.fullmatch(text):
        count, unit = int(found[1].replace(" ", "")), found[2]
        if unit in _DAYS:
            return today + datetime.timedelta(days=count * _DAYS[unit])
        return _months_later(today, count * _MONTHS[unit])
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise ParamError(f"`{text}` is no date: expected 2026-01-31, today, yesterday or `-7 days`") from None


def _months_later(date: datetime.date, months: int) -> datetime.date:
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    return datetime.date(year, month + 1, min(date.day, calendar.monthrange(year, month + 1)[1]))


def _step_of(text: str) -> tuple[int, str]:
    found = _STEP.fullmatch(text.strip())
    if not found or found[1] == "0":
        raise ParamError(f"`{text}` is no step: expected `day`, `2 weeks`, `month` or `year`")
    return int(found[1] or 1), found[2]


def _lines_of(path: Path) -> Sequence[str]:
    try:
        return read_lines(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise ParamError(f"the file {path.name} cannot be read: {error.strerror}") from error


@functools.lru_cache(16)
def read_lines(path: Path, _changed: int) -> list[str]:
    """The lines of a file that are neither blank nor comments."""
    return [line for _, line in numbered_lines(path)]


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """(line number, text) of the lines that are neither blank nor comments, one at a time."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(file, 1):
            text = line.strip()
            if text and not text.startswith("#"):
                yield number, text


def parse_params(given: Iterable[str]) -> dict[str, str]:
    """`--param NAME=VALUE|A..B|a,b,c` by name; a name given again adds its values. Raises ValueError.

    >>> parse_params(["page=1..5", "city=Oslo", "city=Bergen"])
    {'page': '1..5', 'city': 'Oslo,Bergen'}
    """
    params: dict[str, str] = {}
    for text in given:
        name, found, value = text.partition("=")
        if not found or not name.strip():
            raise ValueError(f"{text!r} is not NAME=VALUE")
        params[name.strip()] = f"{params[name.strip()]},{value}" if name.strip() in params else value
    return params


def overridden(rule: Any, given: Any) -> Any:
    """The rule that an override makes of a rule: dates stay dates, a number is a number.

    >>> overridden(["x"], "1..3,7,007")
    ['1..3', 7, '007']
    """
    if not isinstance(given, str):
        return given
    parts = [part.strip() for part in given.split(",")]
    if isinstance(rule, Mapping) and "dates" in rule:
        return {**rule, "dates": parts}
    return [int(part) if re.fullmatch(r"0|-?[1-9]\d{0,17}", part) else part for part in parts]
