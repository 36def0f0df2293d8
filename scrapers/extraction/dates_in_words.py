"""Dates as people write them, in many languages, by dateparser."""

import functools
from collections.abc import Sequence
from datetime import datetime
from typing import Any

__all__ = ["in_words"]


def in_words(text: str, now: datetime, languages: Sequence[str], order: str | None, prefer: str) -> datetime | None:
    """The moment that a text means, None when it means none.

    Args:
      now: what "yesterday" and a missing year are relative to, without a zone.
      languages: the only ones tried; none: dateparser finds out, which is slow and may be wrong.
      order: of day, month and year in numbers, e.g. DMY.
      prefer: `future`, `past` or `current_period`, for what the text leaves open.
    """
    settings: dict[str, Any] = {"RELATIVE_BASE": now, "PREFER_DATES_FROM": prefer, "PREFER_DAY_OF_MONTH": "first"}
    if order:
        settings["DATE_ORDER"] = order
    try:
        found: datetime | None = _dateparser().parse(text, languages=list(languages) or None, settings=settings)
    except (OverflowError, RecursionError):
        return None
    return found


@functools.cache
def _dateparser() -> Any:
    """Imported at the first need: it takes a third of a second."""
    import dateparser

    return dateparser
