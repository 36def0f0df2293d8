"""What passes is tried again, ever more slowly, and not for ever."""

import pickle
from collections.abc import Callable

import pytest

from tests.transforms.bigquery.still_clock import StillClock
from transforms.bigquery.retries import Retries


def failing(times: int) -> tuple[list[int], Callable[[], str]]:
    calls: list[int] = []

    def attempt() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise ValueError(f"number {len(calls)}")
        return "done"

    return calls, attempt


def test_pauses_double_to_a_most_and_the_whole_has_a_bound() -> None:
    clock, (calls, attempt) = StillClock(), failing(1000)

    with pytest.raises(ValueError, match="number 14"):
        clock.retries().run(attempt, lambda _: float("inf"))

    assert clock.pauses[:7] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 32.0]
    assert clock.secs <= 300
    assert len(calls) == len(clock.pauses) + 1


def test_an_error_that_is_worth_less_time_is_given_up_earlier() -> None:
    clock, (calls, attempt) = StillClock(), failing(1000)

    with pytest.raises(ValueError):
        clock.retries().run(attempt, lambda _: 10.0)

    assert (clock.pauses, len(calls)) == ([1.0, 2.0, 4.0], 4)


def test_an_error_that_is_worth_nothing_is_raised_at_once() -> None:
    clock, (calls, attempt) = StillClock(), failing(1)

    with pytest.raises(ValueError):
        clock.retries().run(attempt, lambda _: 0.0)

    assert (clock.pauses, len(calls)) == ([], 1)


def test_what_succeeds_late_is_returned() -> None:
    clock, (_, attempt) = StillClock(), failing(3)
    assert clock.retries().run(attempt, lambda _: float("inf")) == "done"
    assert clock.secs == 7.0


def test_jitter_lengthens_pauses_by_a_quarter_at_most() -> None:
    clock, (_, attempt) = StillClock(), failing(2)
    Retries(sleep=clock.sleep, clock=lambda: clock.secs, jitter=lambda: 1.0).run(attempt, lambda _: 100.0)
    assert clock.pauses == [1.25, 2.5]


def test_those_in_use_travel_to_workers_and_stay_equal() -> None:
    assert pickle.loads(pickle.dumps(Retries())) == Retries()  # noqa: S301  our own bytes
