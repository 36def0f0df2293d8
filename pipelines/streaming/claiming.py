"""How many events a process claims: what it can begin soon. What it has claimed nobody else can work on meanwhile."""

import time
from collections.abc import Collection

from pipelines.streaming.admission import Admitted
from pipelines.streaming.pace import Pace
from pipelines.streaming.raw_group import MOST_EVENTS

__all__ = ["room_for_more"]

_GROUPS_AHEAD = 2


def room_for_more(held: Collection[Admitted], busy: Collection[str], pace: Pace, reads_raw: bool) -> int:
    """Events that may be claimed now.

    What waits for a host, or for its next try, is not what slots can begin, so that behind many events of one slow host
    those of others are found.

    Args:
      held: claimed and not begun.
      busy: what no other event is begun for meanwhile.
      reads_raw: whether a group of raw output is at work, as of those that are read together more are begun at once.
    """
    now, taken, ready = time.monotonic(), set(busy), 0
    for one in held:
        if one.not_before <= now and taken.isdisjoint(one.locks):
            taken.update(one.locks)
            ready += 1
            reads_raw = reads_raw or one.is_raw
    soon = pace.slots * pace.ahead + (MOST_EVENTS * _GROUPS_AHEAD if reads_raw else 0)
    return max(0, min(pace.most_held - len(held), soon - ready))
