"""How much is claimed of what waits."""

import time

from pipelines.streaming.admission import Admitted
from pipelines.streaming.claiming import room_for_more
from pipelines.streaming.inbox import Taken
from pipelines.streaming.pace import Pace
from schemas.events.event import Event

PACE = Pace(slots=2, ahead=4, most_held=1_000)


def events(count: int, *locks: str, kind: str = "scrape.requested", not_before: float = 0.0) -> list[Admitted]:
    made = []
    for number in range(count):
        taken, event = Taken(b"", {}, f"{number}"), Event(kind, f"{number}", "", 0.0, {})
        made.append(Admitted(taken, event, ["shop"], locks=(*locks, f"{kind} {number}"), not_before=not_before))
    return made


def test_as_many_as_the_slots_can_begin_soon() -> None:
    assert room_for_more([], (), PACE, reads_raw=False) == 8
    assert room_for_more(events(5), (), PACE, reads_raw=False) == 3
    assert room_for_more(events(9), (), PACE, reads_raw=False) == 0


def test_what_waits_for_a_host_or_for_its_next_try_keeps_nobody_from_what_is_behind_it() -> None:
    slow = events(500, "slow.test")
    assert room_for_more(slow, ("slow.test",), PACE, reads_raw=False) == 8
    assert room_for_more(slow, (), PACE, reads_raw=False) == 7  # one of them could begin
    assert room_for_more(events(500, not_before=time.monotonic() + 600), (), PACE, reads_raw=False) == 8
    assert room_for_more(events(998, "slow.test"), ("slow.test",), PACE, reads_raw=False) == 2
    assert room_for_more(events(1_000, "slow.test"), ("slow.test",), PACE, reads_raw=False) == 0


def test_of_raw_output_whole_groups() -> None:
    assert room_for_more([], (), PACE, reads_raw=True) == 408
    assert room_for_more(events(100, kind="scraper.complete"), (), PACE, reads_raw=False) == 308
