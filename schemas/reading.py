"""What the pure parse of one page gave."""

import dataclasses
from typing import Any, Literal

from schemas.request import Request

__all__ = ["FieldProblem", "Item", "Reading", "Verdict"]

Item = dict[str, Any]
Verdict = Literal["ok", "empty", "blocked", "login_required"]


@dataclasses.dataclass(frozen=True, slots=True)
class FieldProblem:
    """One bad field. `value` is text for people: cut short, redacted, never parsed again.

    Attributes:
      field: its path, `offers[2].price`.
      rule: what it broke: required, type, min, max, pattern, enum, convert, ...
      message: what was expected, in a sentence.
    """

    field: str
    rule: str
    message: str
    value: str = ""


@dataclasses.dataclass(slots=True)
class Reading:
    """Items and follow-ups of one page.

    Attributes:
      items: untrusted fields, in page order, all of one table.
      table: the table that the items are for; empty when the page type only passes items on.
      follow_ups: requests that the page asks for (next page, details); carried items stand in them, not in `items`.
      problems: item number -> what conversion said of its fields, before any schema is asked.
      missing: required field -> number of items that lack it; tells `auto` that a browser may be needed.
      filtered: items that a hook returned None for.
      verdict: what kind of page it is.
      notes: limits reached and the like (`next stopped at max_pages 50`): they make an execution `partial`.
      marker: what gave a blocked or login page away.
      skeleton: signs of what the page is built of (scrapers.extraction.skeleton), of a page that was sampled.
    """

    items: list[Item] = dataclasses.field(default_factory=list)
    table: str = ""
    follow_ups: list[Request] = dataclasses.field(default_factory=list)
    problems: dict[int, list[FieldProblem]] = dataclasses.field(default_factory=dict)
    missing: dict[str, int] = dataclasses.field(default_factory=dict)
    filtered: int = 0
    verdict: Verdict = "ok"
    notes: list[str] = dataclasses.field(default_factory=list)
    marker: str = ""
    skeleton: tuple[str, ...] = ()
