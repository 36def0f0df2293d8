"""An execution ends with its last part, whatever the order: made-up ones, in random orders."""

import dataclasses
import random

from hypothesis import given
from hypothesis import strategies as st

from schemas.events.arrival import Heard
from schemas.ids import content_id
from schemas.written import Written
from tests.transforms.streaming.closings import PLAN, SPEC, HandCloser, Stream, ended, outcome_of, planned, rows_of
from transforms.streaming.folded import Part


@dataclasses.dataclass
class Made:
    """Parts of a made-up execution, and what it comes to."""

    parts: list[Part]
    requests: int = 0
    rows: int = 0
    letters: int = 0


def made_up(luck: random.Random) -> Made:
    """Requests that lead to others, some of them through specs for other hosts; some die, and their letters count."""
    made = Made([PLAN, planned(SPEC)])
    waiting = [content_id("seed", number) for number in range(luck.randint(0, 4))]
    outcomes = [(outcome_of(SPEC, *waiting, is_spec=True), 0)]
    while waiting:
        name = waiting.pop()
        made.requests += 1
        if luck.random() < 0.2:
            outcomes.append((outcome_of(name, end="dead"), 0))
            made.letters += 1
            continue
        children = [content_id(name, number) for number in range(luck.randint(0, 2))] if made.requests < 15 else []
        rows = luck.randint(0, 3)
        made.rows += rows
        outcomes.append((outcome_of(name, *children), rows))
        if children and luck.random() < 0.3:  # they leave for another host
            spec = content_id("spec", name)
            outcomes.append((outcome_of("", spec), 0))
            outcomes.append((outcome_of(spec, *children, is_spec=True), 0))
        waiting += children
    luck.shuffle(outcomes)
    while outcomes:
        some, outcomes = outcomes[:3], outcomes[3:]
        made.parts.append(ended(*(one for one, _ in some), rows=sum(rows for _, rows in some)))
    made.parts += [rows_of(1) for _ in range(made.rows)]
    made.parts += [Written("dead_letters", "dead_letters", "t", "f", 1) for _ in range(made.letters)]
    return made


@given(st.randoms(use_true_random=False), st.integers(0, 3), st.floats(0, 1))
def test_it_ends_when_the_last_part_has_come_and_not_before(luck: random.Random, again: int, often: float) -> None:
    made = made_up(luck)
    last = len(made.parts)
    luck.shuffle(made.parts)
    stream = Stream(HandCloser(is_done=luck.random() < 0.5))
    stream.add(Heard("event"))
    for place, part in enumerate(made.parts):
        if luck.random() < often:
            stream.look_now()
        assert not stream.closer.begun, f"begun after {place} of {last} parts"
        if luck.random() < 0.3:
            stream.add(Heard("event"))
        if luck.random() < 0.2:
            stream.closer = HandCloser(stream.closer.is_done)  # another process goes on
        stream.add(part)
    for _ in range(again):
        stream.look_now()
    stream.closer.is_done = True
    stream.end()

    [execution] = stream.executions
    assert execution.holds
    assert (execution.requests, execution.rows, execution.dead_letters) == (made.requests, made.rows, made.letters)
    assert set(stream.told) == {"event"}
