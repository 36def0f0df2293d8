"""When to try again: exponential backoff with jitter, and what a server's Retry-After asks for."""

import datetime
import email.utils
import random

__all__ = ["backoff_secs", "parse_retry_after"]


def backoff_secs(attempt: int, first_secs: float = 1.0) -> float:
    """Seconds to wait after attempt number `attempt` (from 1) failed: doubled each time, and up to a quarter more.

    The jitter only adds: a crowd that failed together comes back apart, and nobody comes earlier than promised.
    """
    return first_secs * float(2 ** (attempt - 1)) * (1 + random.random() / 4)  # noqa: S311  spreads load, guards nothing


def parse_retry_after(value: str, now: float) -> float | None:
    """Seconds that a Retry-After header (RFC 9110, 10.2.3) asks to wait; None when it says nothing usable.

    Args:
      now: Unix seconds.

    >>> parse_retry_after("120", 0.0)
    120.0
    >>> parse_retry_after("Thu, 01 Jan 1970 00:01:00 GMT", 0.0)
    60.0
    >>> parse_retry_after("-5", 0.0) is None
    True
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])  # longer numbers mean "never" as well
    try:
        date = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=datetime.UTC)
    wait = date.timestamp() - now
    return wait if wait > 0 else None
