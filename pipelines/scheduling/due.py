"""Which schedules are on, and which of them are due."""

import dataclasses
from collections.abc import Mapping

from pipelines.scheduling.cron_times import last_tick, next_tick
from schemas.health import Health
from scrapers.source_files.load import LoadedSource

__all__ = ["Due", "due", "next_run", "off_because", "unfit_because"]


@dataclasses.dataclass(frozen=True, slots=True)
class Due:
    """A source whose schedule says that it should have run, and that has not. `tick`: since when, Unix seconds."""

    source: str
    tick: float


def off_because(loaded: LoadedSource, health: Health) -> str:
    """Why a schedule is off; empty for one that is on.

    It takes a person: the file's `enabled: true` alone turns nothing on, since it says nothing of whether the source
    works; its `enabled: false`, where it is written, keeps it off, whatever people decide.
    """
    if off := _off_in_file(loaded):
        return off
    if not health.scheduled:
        return f"nobody has turned it on: scrapeline sources enable {loaded.source.source} --schedule"
    return ""


def unfit_because(loaded: LoadedSource, health: Health) -> str:
    """Why a schedule cannot be turned on; empty when it can: the source has passed its check."""
    if off := _off_in_file(loaded):
        return off
    if health.has_passed:
        return ""
    name = loaded.source.source
    if health.last_started_at is None:
        return f"it has never run whole; first: scrapeline run {name}"
    why = f" ({health.failure}: {health.last_failure})" if health.consecutive_failures else ""
    return f"its last whole run was not well{why}; mend it, then: scrapeline run {name}"


def _off_in_file(loaded: LoadedSource) -> str:
    schedule = loaded.source.schedule
    if schedule is None:
        return f"{loaded.path.name} has no `schedule`, e.g. schedule: {{cron: '0 2 * * SUN', timezone: UTC}}"
    if "enabled" in schedule.model_fields_set and not schedule.enabled:
        return f"{loaded.path.name} says `schedule.enabled: false`: take that out"
    return ""


def next_run(loaded: LoadedSource, health: Health, now: float) -> float | None:
    """When its schedule fires next, Unix seconds; None while it is off."""
    schedule = loaded.source.schedule
    if schedule is None or off_because(loaded, health):
        return None
    return next_tick(schedule.cron, schedule.timezone, now)


def due(
    sources: Mapping[str, LoadedSource], healths: Mapping[str, Health], fired: Mapping[str, float], now: float
) -> list[Due]:
    """The sources whose last tick has been followed by no run, the longest overdue first.

    Of the ticks that were missed only the last counts; those before the schedule was turned on count for nothing.
    Whether a source is available is another question.

    Args:
      fired: source -> the last tick that a clock fired.
    """
    found = []
    for name, loaded in sources.items():
        health, schedule = healths[name], loaded.source.schedule
        if schedule is None or health.schedule is None or off_because(loaded, health):
            continue
        tick = last_tick(schedule.cron, schedule.timezone, now)
        since = max(health.schedule.at, fired.get(name, 0.0))
        if tick > since and (health.last_started_at is None or health.last_started_at < tick):
            found.append(Due(name, tick))
    return sorted(found, key=lambda one: (one.tick, one.source))
