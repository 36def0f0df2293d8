"""Which waiting events that tell of raw output are worked on together: bounded in number, files and memory."""

from collections.abc import Sequence

from pipelines.streaming.admission import Admitted
from schemas.events.event import Event

__all__ = ["RawGroup", "is_much"]

MOST_EVENTS = 200
MOST_RECORDS = 20_000
"""Their rows wait in memory for their files."""
UNKNOWN_RECORDS = 2_000


class RawGroup:
    """Takes events until it is full.

    Args:
      room: whether it takes any.
    """

    def __init__(self, room: bool) -> None:
        self.events: list[Admitted] = []
        self._records = 0 if room else MOST_RECORDS

    def has_room_for(self, one: Admitted) -> bool:
        """Whether it takes an event; one that a process died over, only alone."""
        if one.taken.crashes and self.events:
            return False
        return self._records < MOST_RECORDS and len(self.events) < MOST_EVENTS

    def add(self, one: Admitted) -> None:
        """Takes it."""
        self.events.append(one)
        self._records += MOST_RECORDS if one.taken.crashes or one.event is None else _records(one.event)


def is_much(events: Sequence[Event]) -> bool:
    """Whether a group is half full at least, so that more may be waiting behind it."""
    return len(events) >= MOST_EVENTS / 2 or sum(map(_records, events)) >= MOST_RECORDS / 2


def _records(event: Event) -> int:
    count: int | None = event.data.get("record_count")
    return UNKNOWN_RECORDS if count is None else count
