"""When an execution ends, in whatever order its parts come."""

import dataclasses

from schemas.events.arrival import Heard
from schemas.host_use import HostUse
from schemas.ids import content_id
from schemas.tally import Tally
from tests.transforms.streaming.closings import (
    PACE,
    PLAN,
    SPEC,
    HandCloser,
    Stream,
    ended,
    outcome_of,
    planned,
    rows_of,
)
from transforms.streaming.folded import Part
from transforms.streaming.open_execution import FEW_IDS, FOLD_AT

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
    stream.look_now()
    assert not stream.executions

    stream.add(planned())
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
    assert not stream.executions
    assert stream.kept.look.at == stream.clock.now + 50 + PACE.grace_secs

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


def test_an_execution_of_few_requests_ends_with_its_last_part() -> None:
    stream = Stream()
    stream.add(PLAN, planned(SPEC))
    stream.add(ended(outcome_of(SPEC, is_spec=True)))

    assert len(stream.executions) == 1
    assert stream.kept.look.at is None  # set for its deadline it would keep the job from its end


def test_one_of_many_requests_is_looked_at_soon_after_a_part() -> None:
    stream = Stream()
    stream.add(PLAN, planned(SPEC), Tally(known=bytearray(8 * FEW_IDS), ended=bytearray(8 * FEW_IDS)))
    stream.add(ended(outcome_of(SPEC, is_spec=True)))
    assert not stream.executions
    assert stream.kept.look.at <= stream.clock.now + 1

    stream.look()
    assert len(stream.executions) == 1


def test_parts_that_come_after_a_fold_of_the_same_bundle_count_once() -> None:
    stream = Stream()
    rows: list[Part] = [ended(rows=1), rows_of(1)] * FOLD_AT
    stream.add(PLAN, planned(SPEC), *rows)
    stream.add(*rows)
    stream.add(ended(outcome_of(SPEC, is_spec=True)))

    assert [one.rows for one in stream.executions] == [2 * FOLD_AT]


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
    assert stream.kept.folded.read() is None

    stream.add(*[Tally() for _ in range(FOLD_AT)])
    assert stream.kept.folded.read().plan == PLAN
    assert len(list(stream.kept.parts.read())) < FOLD_AT


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
    whole, part = Stream(HandCloser(is_done=False)), Stream()
    whole.add(*WHOLE)
    part.add(PLAN, planned(SPEC), Heard("event"))

    whole.closer.is_done = True
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
        def take(self, execution_id: str, wait_secs: float = 0.0) -> None:
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
