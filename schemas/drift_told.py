"""What has fallen, as the execution row tells it: from what to what, since when, with a page before and after."""

import datetime
import math
from collections.abc import Mapping, Sequence
from typing import Any

from schemas.drift import Fall, falls_of
from schemas.history import History, PastRun

__all__ = ["drift_of", "since_earlier"]

_MOST_SIGNS_TOLD = 4


def drift_of(
    run: PastRun, history: History, *, min_rows: int | None = None, coverage: Mapping[str, float] | None = None
) -> tuple[tuple[dict[str, Any], ...], list[str]]:
    """(`Execution.drift`, what its reasons say of it: what is below the checks is said there as a failure already).

    Args:
      min_rows, coverage: the source's checks.
    """
    entries = tuple(_entry(fall, run, history) for fall in falls_of(run, history, min_rows=min_rows, coverage=coverage))
    by_history = [entry for entry in entries if entry["by"] == "history"]
    sentences = [str(entry["sentence"]) for entry in by_history]
    if any(entry["degrades"] for entry in by_history):
        sentences.append(_advice(run, history))
    return entries, sentences


def _entry(fall: Fall, run: PastRun, history: History) -> dict[str, Any]:
    since = history.since.get(fall.key) or {"execution_id": run.execution_id, "at": run.at}
    sample = run.page_types.get(fall.page_type, {}).get("sample")
    after = {**sample, "execution_id": run.execution_id} if sample else None
    return {
        "what": fall.what,
        "name": fall.name,
        "was": round(fall.was, 4),
        "now": round(fall.now, 4),
        "runs": fall.runs,
        "by": fall.by,
        "degrades": fall.degrades,
        "since": dict(since),
        "before": dict(history.samples[fall.page_type]) if fall.page_type in history.samples else None,
        "after": after,
        "sentence": _sentence(fall) + _since_when(since, run.execution_id),
    }


def _sentence(fall: Fall) -> str:
    before = "the run before" if fall.runs == 1 else f"each of {fall.runs} runs before"
    pages = f"`{fall.name}` pages" if fall.name else "pages"
    if fall.by == "checks" and fall.what == "field":
        return f"{fall.name} is in {fall.now:.1%} of the rows, less than the {fall.was:.1%} that checks ask for"
    if fall.by == "checks":
        return f"{fall.now:.0f} rows, less than the {fall.was:.0f} that checks ask for"
    if fall.what == "field":
        return f"{fall.name} is in {fall.now:.1%} of the items; it was in at least {fall.was:.1%} in {before}"
    if fall.what == "rows":
        return f"{fall.now:.0f} rows; there were at least {fall.was:.0f} in {before}"
    if fall.what == "page_rows":
        return f"{fall.now:.1f} rows a page on {pages}; there were at least {fall.was:.1f} in {before}"
    signs = "; ".join(f"{what}: {_some(signs)}" for what, signs in (("gone", fall.gone), ("new", fall.new)) if signs)
    return f"{pages} are built differently: {fall.now:.0%} in common with the run before ({signs})"


def _some(signs: Sequence[str]) -> str:
    more = f" and {len(signs) - _MOST_SIGNS_TOLD} more" if len(signs) > _MOST_SIGNS_TOLD else ""
    return ", ".join(signs[:_MOST_SIGNS_TOLD]) + more


def since_earlier(entries: Sequence[Mapping[str, Any]], what: str, name: str, execution_id: str) -> str:
    """`; since ...` for what had fallen before this execution already; empty for what is new, or has not fallen."""
    for entry in entries:
        if (entry["what"], entry["name"]) == (what, name) and entry["since"]["execution_id"] != execution_id:
            return _since_when(entry["since"], execution_id)
    return ""


def _since_when(since: Mapping[str, Any], execution_id: str) -> str:
    """`; since 2026-11-20 02:00 UTC (execution ...)`; of what began with this execution that it is new."""
    if since["execution_id"] == execution_id:
        return "; new in this run"
    return f"; since {_utc(since['at']):%Y-%m-%d %H:%M} UTC (execution {since['execution_id']})"


def _advice(run: PastRun, history: History) -> str:
    """How to say that what fell is right: without it, a degraded run never becomes what others are compared with."""
    changed = run.scraper_version != history.scraper_version and "" not in (
        run.scraper_version,
        history.scraper_version,
    )
    edited = "; the source file has changed since the runs before" if changed else ""
    after = _utc(math.ceil(run.at))
    return (
        f"degraded: if this is right, say `checks: {{compare_since: {after:%Y-%m-%dT%H:%M:%SZ}}}` in the source{edited}"
    )


def _utc(at: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at, datetime.UTC)
