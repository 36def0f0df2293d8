"""When events are acknowledged."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.events.arrival import Ended, Receipt
from tests.transforms.streaming.states import Bag, Clock, Timer
from transforms.streaming.settle import SettleFn


class Desk:
    """The DoFn with the state of one event; `given` is what was acknowledged, a list for each call."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.given: list[list[str]] = []
        self.refuses = False
        self.parts, self.timer = Bag(), Timer()
        self._settle = SettleFn(lambda: self._acknowledge, 60.0, clock or Clock())
        self._settle.setup()

    def _acknowledge(self, handles: list[str]) -> None:
        if self.refuses:
            raise ConnectionError("the transport is away")
        self.given.append(handles)

    def bundle(self, *parts: Receipt | Ended) -> list[str]:
        """Keys of what was acknowledged."""
        self._settle.start_bundle()
        for part in parts:
            self._settle.process(("event", part), self.parts, self.timer)
        return [one.value for one in self._settle.finish_bundle()]

    def forget(self) -> Any:
        return self._settle.forget(self.timer.at, self.parts)


def test_an_event_is_acknowledged_when_all_that_it_asked_for_has_ended() -> None:
    desk = Desk()
    assert desk.bundle(Receipt("h", ("a", "b")), Ended("a")) == []

    assert desk.bundle(Ended("b")) == ["event"]
    assert desk.given == [["h"]]


def test_an_event_that_asked_for_nothing_is_acknowledged_at_once() -> None:
    desk = Desk()

    assert desk.bundle(Receipt("h", ())) == ["event"]
    assert desk.given == [["h"]]


def test_all_deliveries_are_acknowledged_together_and_later_ones_at_once() -> None:
    desk = Desk()
    desk.bundle(Receipt("h1", ("a",)))
    desk.bundle(Receipt("h2", ("a",)), Ended("a"))
    desk.bundle(Receipt("h3", ("a",)), Receipt("h4", ("a",)), Ended("a"))

    assert desk.given == [["h1", "h2"], ["h3", "h4"]]


def test_a_delivery_that_names_only_what_was_left_settles_those_before() -> None:
    desk = Desk()
    desk.bundle(Receipt("h1", ("a", "b")), Ended("b"))  # of `a` the end was told to a job that is gone
    desk.bundle(Receipt("h2", ("b",)))

    assert desk.given == [["h1", "h2"]]


def test_what_cannot_be_acknowledged_comes_again_and_then_is() -> None:
    desk = Desk()
    desk.refuses = True
    assert desk.bundle(Receipt("h1", ("a",)), Ended("a")) == []

    desk.refuses = False
    assert desk.bundle(Receipt("h2", ("a",))) == ["event"]
    assert desk.given == [["h2"]]


def test_an_engine_that_acknowledges_by_itself_gives_no_handles() -> None:
    desk = Desk()

    assert desk.bundle(Receipt("", ("a",)), Ended("a")) == ["event"]
    assert desk.given == []


def test_an_event_is_forgotten_after_a_long_silence_only() -> None:
    clock = Clock()
    desk = Desk(clock)
    desk.bundle(Receipt("h1", ("a",)), Ended("a"))

    desk.forget()  # the input has ended, the watermark is far ahead of the clock
    assert list(desk.parts.read())

    clock.now += 61.0
    desk.forget()
    assert not list(desk.parts.read())


@given(
    st.integers(1, 5),
    st.integers(1, 4),
    st.lists(st.integers(1, 4), max_size=20),
    st.randoms(use_true_random=False),
)
def test_whatever_the_order_each_delivery_is_acknowledged_once_and_not_before_the_end(
    executions: int, deliveries: int, sizes: list[int], order: random.Random
) -> None:
    names = tuple(f"x{number}" for number in range(executions))
    parts: list[Receipt | Ended] = [Receipt(f"h{number}", names) for number in range(deliveries)]
    parts += [Ended(name) for name in names] + [Ended(name) for name in names if order.random() < 0.3]
    order.shuffle(parts)

    desk = Desk()
    seen: set[str] = set()
    while parts:
        size = sizes.pop() if sizes else 1
        some, parts = parts[:size], parts[size:]
        seen |= {part.execution_id for part in some if isinstance(part, Ended)}
        desk.bundle(*some)
        assert not desk.given or len(seen) == executions

    assert sorted(handle for call in desk.given for handle in call) == [f"h{number}" for number in range(deliveries)]
