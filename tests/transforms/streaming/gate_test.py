"""What passes the gate, and what is said of it."""

import dataclasses
import random
from typing import Any

from apache_beam.pvalue import TaggedOutput
from hypothesis import given
from hypothesis import strategies as st

from schemas.events.arrival import Asked, Heard, RawOutput
from schemas.ids import content_id
from schemas.plan import Plan
from schemas.request import Request, RequestSpec
from schemas.tally import Tally
from tests.transforms.streaming.states import Bag, Clock, Timer, Value
from transforms.streaming.gate import PARTS, GateFn, Passed, Passing, let_pass

EXECUTION = content_id("execution")
HOST = ("shop.test", 0)
PLAN = Plan(EXECUTION, "event-1", "shop", 1, 100.0)
SEEDS = RequestSpec("shop", EXECUTION, stride=(0, 1), host="shop.test")


def spec_of(*numbers: int) -> RequestSpec:
    requests = [Request("shop", f"http://shop.test/{number}", EXECUTION) for number in numbers]
    return RequestSpec("shop", EXECUTION, tuple(requests))


def continued(event_key: str, *specs: RequestSpec) -> Asked:
    return Asked(event_key, None, tuple((HOST, spec) for spec in specs))


def tallied(passings: list[Passing]) -> Tally:
    tally = Tally()
    for passing in passings:
        for part in passing.parts:
            if isinstance(part, Tally):
                tally.add(part)
    return tally


def ids(kept: bytearray) -> set[bytes]:
    return {bytes(kept[at : at + 8]) for at in range(0, len(kept), 8)}


def short(*full: str) -> set[bytes]:
    return {bytes.fromhex(one[:16]) for one in full}


def test_an_event_passes_with_its_plan_and_what_must_end() -> None:
    passing = let_pass(Asked("e", PLAN, ((HOST, SEEDS),)), Passed(), None)

    heard, plan, tally = passing.parts
    assert (heard, plan) == (Heard("e"), PLAN)
    assert isinstance(tally, Tally)
    assert ids(tally.known) == short(SEEDS.spec_id)
    assert ids(tally.ended) == short(PLAN.planned_id)
    assert passing.specs == [(HOST, SEEDS)]


def test_an_event_that_comes_again_is_heard_and_does_nothing() -> None:
    passed = Passed()
    asked = Asked("e", PLAN, ((HOST, SEEDS),), RawOutput(EXECUTION, "shop", "raw.json"))
    let_pass(asked, passed, None)

    assert let_pass(asked, passed, 0.0) == Passing([Heard("e")])


def test_the_first_plan_is_the_plan() -> None:
    passed = Passed()
    let_pass(Asked("e", PLAN), passed, None)

    again = let_pass(Asked("other", dataclasses.replace(PLAN, started_at=200.0), ((HOST, SEEDS),)), passed, 0.0)

    assert not [part for part in again.parts if isinstance(part, Plan)]


def test_of_a_spec_only_new_requests_go_on_and_the_announced_one_ends() -> None:
    passed = Passed()
    let_pass(continued("e1", spec_of(1, 2)), passed, None)

    passing = let_pass(continued("e2", spec_of(2, 3)), passed, None)

    assert passing.specs == [(HOST, spec_of(3))]
    tally = tallied([passing])
    assert ids(tally.known) == short(spec_of(2, 3).spec_id, spec_of(3).spec_id)
    assert ids(tally.ended) == short(spec_of(2, 3).spec_id)


def test_a_spec_without_new_requests_ends() -> None:
    passed = Passed()
    let_pass(continued("e1", spec_of(1, 2)), passed, None)

    passing = let_pass(continued("e2", spec_of(2)), passed, None)

    assert not passing.specs
    assert ids(tallied([passing]).ended) == short(spec_of(2).spec_id)


def test_specs_take_the_deadline_of_the_plan_unless_they_have_one() -> None:
    due = dataclasses.replace(PLAN, deadline_at=500.0)
    earlier = dataclasses.replace(spec_of(1), deadline_at=300.0)

    passing = let_pass(Asked("e", due, ((HOST, SEEDS), (HOST, earlier))), Passed(), None)
    later = let_pass(continued("e2", spec_of(2)), Passed(), 500.0)

    assert [spec.deadline_at for _, spec in [*passing.specs, *later.specs]] == [500.0, 300.0, 500.0]


def test_a_raw_output_is_read_once_and_must_end() -> None:
    passed = Passed()
    raw = RawOutput(EXECUTION, "shop", "raw.json")

    first = let_pass(Asked("e1", PLAN, raw=raw), passed, None)
    second = let_pass(Asked("e2", PLAN, raw=raw), passed, 0.0)

    assert (first.raw, second.raw) == (raw, None)
    assert ids(tallied([first]).known) == short(raw.raw_id)


def test_nothing_passes_of_a_source_that_is_left_out() -> None:
    out = dataclasses.replace(PLAN, out_because="in backoff")

    passing = let_pass(Asked("e", out, ((HOST, SEEDS),)), Passed(), None)

    assert not passing.specs
    assert ids(tallied([passing]).known) == set()


@given(
    st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=5, unique=True), max_size=12),
    st.randoms(use_true_random=False),
)
def test_each_request_passes_once_and_each_spec_goes_on_or_ends(batches: list[list[int]], order: random.Random) -> None:
    asked = [continued(f"event-{number}", spec_of(*batch)) for number, batch in enumerate(batches)]
    deliveries = asked + [one for one in asked if order.random() < 0.5]
    order.shuffle(deliveries)

    kept: list[bytes] = []
    passings = []
    for one in deliveries:
        passed = Passed(kept)
        passings.append(let_pass(one, passed, None))
        kept.append(bytes(passed.fresh))

    specs = [spec for passing in passings for _, spec in passing.specs]
    numbers = [request.url for spec in specs for request in spec.requests]
    assert sorted(numbers) == sorted({f"http://shop.test/{number}" for batch in batches for number in batch})
    tally = tallied(passings)
    assert ids(tally.known) - ids(tally.ended) == short(*(spec.spec_id for spec in specs))
    assert ids(tally.ended) <= ids(tally.known)


class Gated:
    """The DoFn with its state."""

    def __init__(self, clock: Clock) -> None:
        self.ids, self.deadline, self.timer = Bag(), Value(), Timer()
        self._gate = GateFn(forget_secs=60.0, clock=clock)

    def ask(self, asked: Asked) -> list[Any]:
        return list(self._gate.process((EXECUTION, asked), self.ids, self.deadline, self.timer))

    def forget(self) -> None:
        self._gate.forget(self.timer.at, self.ids, self.deadline)


def parts_of(outputs: list[Any]) -> list[Any]:
    return [one.value[1] for one in outputs if isinstance(one, TaggedOutput) and one.tag == PARTS]


def test_the_gate_remembers_and_after_a_long_silence_forgets() -> None:
    clock = Clock()
    gate = Gated(clock)
    asked = Asked("e", dataclasses.replace(PLAN, deadline_at=500.0), ((HOST, SEEDS),))
    gate.ask(asked)
    assert parts_of(gate.ask(asked)) == [Heard("e")]
    assert gate.deadline.read() == 500.0

    gate.forget()  # the input has ended, the watermark is far ahead of the clock
    assert parts_of(gate.ask(asked)) == [Heard("e")]

    clock.now += 61.0
    gate.forget()
    assert list(gate.ids.read()) == []
    assert len(parts_of(gate.ask(asked))) == 3
