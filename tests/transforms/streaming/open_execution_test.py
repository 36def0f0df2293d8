"""When an execution ends, in whatever order its parts come."""

import dataclasses
import random

from hypothesis import given
from hypothesis import strategies as st

from schemas.events.arrival import Heard
from schemas.host_use import HostUse
from schemas.ids import content_id
from schemas.outcome import Outcome
from schemas.tally import Tally
from schemas.written import Written
from tests.transforms.streaming.closings import EXECUTION, PACE, PLAN, HandCloser, Stream
from transforms.streaming.folded import Part
from transforms.streaming.open_execution import FOLD_AT

SPEC = content_id("spec")


def planned(*ids: str) -> Tally:
    """What the gate makes known with the plan."""
    tally = Tally()
    tally.know(ids)
    tally.end_ids([PLAN.planned_id])
    return tally


def ended(*outcomes: Outcome, rows: int = 0) -> Tally:
    tally = Tally()
    for outcome in outcomes:
        tally.end(outcome)
    tally.counts.update(rows=rows, items=rows)
    return tally


def outcome_of(name: str, *spawned: str, end: str = "pages", is_spec: bool = False) -> Outcome:
    reason = "timeout" if end == "dead" else ""
    return Outcome(EXECUTION, "shop", name, end, reason, spawned, is_spec=is_spec)  # type: ignore[arg-type]


def rows_of(records: int) -> Written:
    return Written("rows", "shop.products", "temporary", "final", records)


WHOLE: list[Part] = [
    PLAN,
    planned(SPEC),
    ended(outcome_of(SPEC, content_id(1), is_spec=True)),
    ended(outcome_of(content_id(1)), rows=3),
    rows_of(3),
    Heard("event"),
]


def test_an_execution_ends_once_and_tells_whoever_asked_for_it() -> None:
    stream = Stream()
    stream.add(*WHOLE)
    stream.end()
    stream.look()

    [execution] = stream.executions
    assert (execution.status, execution.holds, execution.rows) == ("success", True, 3)
    assert stream.told == ["event"]


def test_a_plan_without_what_must_end_is_not_the_end() -> None:
    stream = Stream()
    stream.add(PLAN, Heard("event"))
    stream.look()
    assert not stream.executions

    stream.add(planned())
    stream.end()
    assert [one.requests for one in stream.executions] == [0]


def test_whoever_asks_after_the_end_is_told_at_once() -> None:
    stream = Stream()
    stream.add(*WHOLE)
    stream.end()

    stream.add(Heard("event"), Heard("another"))

    assert stream.told == ["event", "event", "another"]
    assert len(stream.executions) == 1


def test_what_comes_after_the_end_is_left_out() -> None:
    stream = Stream()
    stream.add(*WHOLE)
    stream.end()

    uses = Tally(hosts={"shop.test": HostUse()})
    stream.add(ended(outcome_of(content_id(2)), rows=1), rows_of(1), uses, PLAN)
    stream.look()

    assert len(stream.executions) == 1
    assert stream.closer.dropped == [rows_of(1)]


def test_a_request_that_never_ends_is_told_at_the_deadline() -> None:
    stream = Stream()
    stream.add(dataclasses.replace(PLAN, deadline_at=stream.clock.now + 50), planned(SPEC), Heard("event"))
    stream.look()
    assert not stream.executions
    assert stream.kept.look.at == stream.clock.now - PACE.pause_secs + 50 + PACE.grace_secs

    stream.end()
    [execution] = stream.executions
    assert (execution.status, execution.holds) == ("failed", False)
    assert "LOST: 1 requests never ended" in execution.reasons
    assert stream.told == ["event"]


def test_an_execution_without_a_deadline_has_one_by_its_age() -> None:
    stream = Stream()
    begun = stream.clock.now
    stream.add(PLAN, planned(SPEC))
    stream.end()

    assert [one.status for one in stream.executions] == ["failed"]
    assert 0 <= stream.clock.now - begun - PACE.deadline_secs - PACE.grace_secs < 1


def test_parts_whose_plan_never_comes_are_given_up_and_a_plan_that_then_comes_is_new() -> None:
    stream = Stream()
    stream.add(Heard("event"), ended(outcome_of(content_id(1)), rows=1), rows_of(1))
    stream.look()
    stream.look()
    assert (stream.executions, stream.told, stream.closer.dropped) == ([], ["event"], [rows_of(1)])

    stream.add(*WHOLE)
    stream.end()
    assert [one.rows for one in stream.executions] == [3]


def test_a_part_that_comes_while_it_is_looked_at_rarely_is_looked_at_soon() -> None:
    stream = Stream()
    stream.add(PLAN, planned(SPEC))
    stream.look()
    assert stream.kept.look.at > stream.clock.now + 50

    stream.add(ended(outcome_of(SPEC, is_spec=True)))
    assert stream.kept.look.at <= stream.clock.now + 1


def test_parts_that_keep_coming_do_not_put_the_look_off() -> None:
    stream = Stream()
    stream.add(PLAN)
    first = stream.kept.look.at
    stream.clock.now += 0.05
    stream.add(planned(SPEC))

    assert stream.kept.look.at == first


def test_many_parts_are_folded_few_are_not() -> None:
    stream = Stream()
    stream.add(PLAN, *[Tally() for _ in range(FOLD_AT // 2)])
    stream.look()
    assert stream.kept.folded.read() is None

    stream.add(*[Tally() for _ in range(FOLD_AT)])
    stream.look()
    assert stream.kept.folded.read().plan == PLAN
    assert list(stream.kept.parts.read()) == []


def test_a_closing_that_takes_its_time_is_asked_again() -> None:
    stream = Stream(HandCloser(is_done=False))
    stream.add(*WHOLE)
    for _ in range(20):
        stream.look()
    assert (stream.executions, stream.closer.begun) == ([], 1)

    stream.closer.is_done = True
    stream.look()
    assert len(stream.executions) == 1


def test_a_closing_goes_on_in_another_process() -> None:
    stream = Stream(HandCloser(is_done=False))
    stream.add(*WHOLE)
    stream.look()

    stream.closer = HandCloser()  # this one knows nothing of it
    stream.add(Heard("while it was closing"))
    stream.look()
    stream.look()

    assert [one.rows for one in stream.executions] == [3]
    assert sorted(stream.told) == ["event", "while it was closing"]


def test_at_the_end_of_the_input_what_is_whole_is_closed_and_the_rest_is_left() -> None:
    whole, part = Stream(), Stream()
    whole.add(*WHOLE)
    part.add(PLAN, planned(SPEC), Heard("event"))
    part.look()

    whole.drain()
    part.drain()

    assert [len(one.executions) for one in (whole, part)] == [1, 0]
    assert (whole.told, part.told) == (["event"], [])
    for one in (whole, part):
        assert one.kept.look.at <= one.clock.now  # nothing keeps the job from its end
        one.look()
        assert one.kept.look.at is None


def test_the_end_of_the_input_waits_for_a_closing_only_so_long() -> None:
    class Ticking(HandCloser):
        def take(self, execution_id: str) -> None:
            stream.clock.now += 1.0

    stream = Stream(Ticking())
    stream.add(*WHOLE)
    stream.drain()

    assert not stream.executions
    assert stream.closer.begun == 1


def test_that_it_has_ended_is_forgotten_after_a_long_silence_only() -> None:
    stream = Stream()
    stream.add(*WHOLE)
    stream.end()

    stream.forget()  # the input has ended, the watermark is far ahead of the clock
    assert stream.kept.standing.read().ended_at

    stream.clock.now += PACE.forget_secs + 1
    stream.forget()
    assert stream.kept.standing.read() is None


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
            stream.look()
        assert not stream.closer.begun, f"begun after {place} of {last} parts"
        if luck.random() < 0.3:
            stream.add(Heard("event"))
        if luck.random() < 0.2:
            stream.closer = HandCloser(stream.closer.is_done)  # another process goes on
        stream.add(part)
    for _ in range(again):
        stream.look()
    stream.closer.is_done = True
    stream.end()

    [execution] = stream.executions
    assert execution.holds
    assert (execution.requests, execution.rows, execution.dead_letters) == (made.requests, made.rows, made.letters)
    assert set(stream.told) == {"event"}
