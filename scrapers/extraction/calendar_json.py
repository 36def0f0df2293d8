"""An iCalendar file (RFC 5545) as JSON: `items: {jmes: vevent}`."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from scrapers.extraction.tolerant_body import BadDocument

__all__ = ["is_calendar", "read_calendar"]

_LINE = re.compile(
    r"(?P<name>[A-Za-z0-9-]+)(?P<params>(?:;[A-Za-z0-9-]+=(?:\"[^\"]*\"|[^\";:,]*)(?:,[^;:]*)?)*):(?P<value>.*)",
    re.DOTALL,
)
_PARAM = re.compile(r";([A-Za-z0-9-]+)=(\"[^\"]*\"|[^;]*)")
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?")
_ESCAPED = re.compile(r"\\([\\;,nN])")
_DATES = frozenset(("dtstart", "dtend", "due", "dtstamp", "created", "last_modified", "completed", "recurrence_id"))
_LISTS = frozenset(("categories", "resources"))
_DEEPEST = 20


def is_calendar(body: bytes) -> bool:
    """Whether a body is an iCalendar file."""
    return body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:15].upper() == b"BEGIN:VCALENDAR"


def read_calendar(text: str) -> dict[str, Any]:
    """Its properties and components by lower-case names, `_` for `-`.

    A component's name has a list (`vevent`); dates are ISO 8601, with their offset where their zone is known; escapes
    are undone; a property that is repeated has a list. Lines that cannot be read are left out.

    Raises:
      BadDocument: it is none.
    """
    root: dict[str, Any] = {}
    opened = [root]
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        found = _LINE.fullmatch(line.strip("\ufeff"))
        if found is None:
            continue
        name = found["name"].lower().replace("-", "_")
        if name == "begin" and len(opened) < _DEEPEST:
            inner: dict[str, Any] = {}
            opened[-1].setdefault(found["value"].strip().lower().replace("-", "_"), []).append(inner)
            opened.append(inner)
        elif name == "end" and len(opened) > 1:
            opened.pop()
        elif name not in ("begin", "end"):
            _add(opened[-1], name, _value(name, found["params"], found["value"]))
    calendars = root.get("vcalendar")
    if not calendars:
        raise BadDocument("the body is no iCalendar file")
    return dict(calendars[0])


def _add(component: dict[str, Any], name: str, value: Any) -> None:
    before = component.get(name)
    if before is None:
        component[name] = value
    else:
        component[name] = (before if isinstance(before, list) else [before]) + (
            value if isinstance(value, list) else [value]
        )


def _value(name: str, params: str, value: str) -> Any:
    if name in _DATES:
        zone = next((zone.strip('"') for key, zone in _PARAM.findall(params) if key.lower() == "tzid"), None)
        return _moment(value.strip(), zone)
    if name in _LISTS:
        return [_unescaped(part).strip() for part in re.split(r"(?<!\\),", value)]
    return _unescaped(value)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], text)


def _moment(text: str, zone: str | None) -> str:
    found = _MOMENT.fullmatch(text)
    if found is None:
        return text
    day = "-".join(found.group(1, 2, 3))
    if found[4] is None:
        return day
    said = f"{day}T{':'.join(found.group(4, 5, 6))}"
    if found[7]:
        return said + "+00:00"
    try:
        return datetime.fromisoformat(said).replace(tzinfo=ZoneInfo(zone)).isoformat() if zone else said
    except (ValueError, KeyError, OSError):  # a zone that only the file itself defines
        return said
