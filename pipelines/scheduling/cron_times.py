"""The moments of a cron expression in a time zone, as Cloud Scheduler has them.

It goes by the clock on the wall (https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules): a time that
a day lacks, because clocks are put forward, fires nothing; one that it has twice, because they are put back, fires
twice. UTC has neither.
"""

import datetime
import itertools
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

from croniter import croniter

__all__ = ["last_tick", "next_tick"]

_MARGIN = datetime.timedelta(hours=3)
"""More than clocks are put forward or back at once."""


def next_tick(cron: str, timezone: str, after: float) -> float:
    """The first moment after another, Unix seconds."""
    zone = ZoneInfo(timezone)
    walls = croniter(cron, _wall(zone, after) - _MARGIN, ret_type=datetime.datetime)
    return min(_near_the_first(zone, _endless(walls.get_next), lambda at: at > after))


def last_tick(cron: str, timezone: str, until: float) -> float:
    """The last moment until another, that one included, Unix seconds."""
    zone = ZoneInfo(timezone)
    walls = croniter(cron, _wall(zone, until) + _MARGIN, ret_type=datetime.datetime)
    return max(_near_the_first(zone, _endless(walls.get_prev), lambda at: at <= until))


def _near_the_first(
    zone: ZoneInfo, walls: Iterator[datetime.datetime], is_wanted: Callable[[float], bool]
) -> list[float]:
    """The wanted moments of the times around the first that has one: where clocks change, the order of times is not
    that of moments."""
    found: list[float] = []
    first: datetime.datetime | None = None
    for wall in walls:
        if first is not None and abs(wall - first) > _MARGIN:
            break
        wanted = [at for at in _instants(zone, wall) if is_wanted(at)]
        first = wall if wanted and first is None else first
        found += wanted
    return found


def _endless(step: Callable[[], datetime.datetime]) -> Iterator[datetime.datetime]:
    return (step() for _ in itertools.count())


def _wall(zone: ZoneInfo, at: float) -> datetime.datetime:
    """What a clock on the wall shows, without a zone."""
    return datetime.datetime.fromtimestamp(at, zone).replace(tzinfo=None)


def _instants(zone: ZoneInfo, wall: datetime.datetime) -> list[float]:
    """The moments at which a clock on the wall shows this: one; none in a gap; two where it is put back."""
    moments = {wall.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1)}
    return sorted(at for at in moments if _wall(zone, at) == wall)
