"""How sources are, in words for people."""

import datetime

from schemas.health import LADDER_HOURS, Health

__all__ = ["iso_text", "moment_text", "out_because", "state_text"]

_CHARS = 160


def moment_text(at: float | None) -> str:
    """A moment to the minute, in UTC."""
    return "-" if at is None else f"{datetime.datetime.fromtimestamp(at, datetime.UTC):%Y-%m-%d %H:%M} UTC"


def iso_text(at: float | None) -> str | None:
    """A moment for programs; None for none."""
    return None if at is None else datetime.datetime.fromtimestamp(at, datetime.UTC).isoformat()


def state_text(health: Health, now: float) -> str:
    """State, and until when."""
    state = health.state(now)
    return f"{state} until {moment_text(health.backoff_until)}" if state == "backoff" else state


def out_because(health: Health, now: float) -> str:
    """Why a source is left out, and what to do about it; empty for one that is available."""
    name = health.source
    if health.decision is not None and not health.enabled:
        by = f"disabled by {health.decision.by} on {moment_text(health.decision.at)}"
        why = f" because {health.decision.because}" if health.decision.because else ""
        return f"{by}{why}; to end that: scrapeline sources enable {name}"
    if not health.in_backoff(now):
        return ""
    top = len(LADDER_HOURS) - 1
    last = health.last_failure if len(health.last_failure) <= _CHARS else f"{health.last_failure[:_CHARS]}..."
    return (
        f"in backoff until {moment_text(health.backoff_until)} (level {health.backoff_level} of {top}, "
        f"{health.consecutive_failures} failures in a row, {health.failure}: {last}); "
        f"to try it now: scrapeline run {name}"
    )
