"""Which waiting events that tell of raw output are worked on together: bounded in number, files and memory."""

from pipelines.streaming.admission import Admitted

__all__ = ["MOST_GROUPS", "RawGroup"]

MOST_GROUPS = 1
"""At once: it is Python that computes, and two would only take turns; an event takes twice as long then."""
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
        count = one.event.data.get("record_count") if one.event is not None else 0
        self._records += MOST_RECORDS if one.taken.crashes else UNKNOWN_RECORDS if count is None else count
