"""How a source is, as `scrapeline sources status` shows it."""

from typing import Any

from pipelines.scheduling.due import next_run, off_because
from pipelines.source_health.wording import iso_text, moment_text, out_because, state_text
from schemas.decision import Decision
from schemas.health import Health
from scrapers.source_files.load import LoadedSource

__all__ = ["HEADINGS", "cells", "record"]

HEADINGS = ("name", "state", "level", "failures", "why", "last success", "last failure", "next run")


def cells(loaded: LoadedSource, health: Health, now: float) -> list[str]:
    """One line of the table, in the order of HEADINGS."""
    failure = f"{moment_text(health.last_failure_at)}: {health.last_failure}" if health.last_failure_at else "-"
    return [
        health.source,
        state_text(health, now),
        str(health.backoff_level),
        str(health.consecutive_failures),
        health.failure if health.consecutive_failures else "-",
        moment_text(health.last_success_at),
        failure,
        _next(loaded, health, now),
    ]


def _next(loaded: LoadedSource, health: Health, now: float) -> str:
    if loaded.source.schedule is None:
        return "-"
    after = now if health.is_available(now) or not health.enabled else health.backoff_until or now
    at = next_run(loaded, health, after)
    return "off" if at is None or not health.enabled else moment_text(at)


def record(loaded: LoadedSource, health: Health, now: float) -> dict[str, Any]:
    """All that is known of one source, moments in ISO form."""
    schedule = loaded.source.schedule
    return {
        "source": health.source,
        "state": health.state(now),
        "enabled": health.enabled,
        "auto_disabled": health.auto_disabled,
        "in_backoff": health.in_backoff(now),
        "backoff_level": health.backoff_level,
        "backoff_until": iso_text(health.backoff_until),
        "consecutive_failures": health.consecutive_failures,
        "failure_class": health.failure,
        "last_failure": health.last_failure,
        "last_failure_at": iso_text(health.last_failure_at),
        "last_success_at": iso_text(health.last_success_at),
        "left_out_because": out_because(health, now),
        "decision": _decision(health.decision),
        "schedule": None if schedule is None else {"cron": schedule.cron, "timezone": schedule.timezone},
        "scheduled": schedule is not None and not off_because(loaded, health),
        "schedule_off_because": "" if schedule is None else off_because(loaded, health),
        "schedule_decision": _decision(health.schedule),
        "next_run": iso_text(next_run(loaded, health, now)),
    }


def _decision(decision: Decision | None) -> dict[str, Any] | None:
    if decision is None:
        return None
    return {"action": decision.action, "by": decision.by, "at": iso_text(decision.at), "because": decision.because}
