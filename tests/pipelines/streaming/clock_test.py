"""A wall clock that is wrong, or steps while events are worked on."""

import threading
import time
from typing import Any

import pytest

DAY_SECS = 86_400.0


class Clock:
    """Goes as the real one does, so many seconds off."""

    def __init__(self) -> None:
        self.off = 0.0

    def __call__(self) -> float:
        return time.time() + self.off


@pytest.mark.parametrize("step", [-3_600.0, 3_600.0])
def test_a_clock_that_steps_neither_loses_nor_repeats_work(
    streaming: Any, site: Any, write_source: Any, wait_until: Any, step: float
) -> None:
    """One event is at work when it steps, one waits for the same host, one comes again, and new ones come."""
    clock, begun, go_on = Clock(), threading.Event(), threading.Event()

    def page(wanted: str) -> str:
        begun.set()
        assert go_on.wait(60)
        return f"<b id='{wanted}'>x</b>"

    write_source("shop", pages=3, politeness={"delay_secs": 0.05, "concurrency": 1})
    at = site(page)
    first = streaming.put("shop")
    streaming.put("shop")
    stop = streaming.serve(at, clock=clock)
    assert begun.wait(60)
    wait_until(lambda: len(streaming.names("claimed")) == 2)

    clock.off = step
    streaming.put("shop", sent=clock())
    go_on.set()
    streaming.wait_for(3)
    streaming.put("shop", event_id=first.event_id, sent=first.time)
    wait_until(lambda: streaming.names("new") == streaming.names("claimed") == [])
    stop()

    assert streaming.skus() == [f"shop.test/p/{number}" for number in (1, 2, 3) for _ in range(3)]
    executions = streaming.run.records("executions")
    assert len(executions) == len(streaming.told()) == 3
    assert all(one["holds"] and one["status"] == "success" for one in executions)
    assert streaming.run.records("dead_letters") == []
    assert sum(at.pages.values()) == 9


def test_what_was_begun_ends_whatever_the_clock_says_at_the_next_try(
    streaming: Any, site: Any, write_source: Any, wait_until: Any
) -> None:
    clock, go_on = Clock(), threading.Event()

    def page(wanted: str) -> str:
        if wanted.endswith("/2"):
            assert go_on.wait(60)
        return f"<b id='{wanted}'>x</b>"

    write_source("shop", pages=3, politeness={"delay_secs": 0, "concurrency": 1})
    at = site(page)
    streaming.put("shop")
    stop = streaming.serve(at, clock=clock, drain_secs=0.0)
    wait_until(lambda: "shop.test/p/2" in at.pages)
    stop()
    go_on.set()
    assert streaming.told() == []

    clock.off = -DAY_SECS
    stop = streaming.serve(at, clock=clock)
    streaming.wait_for(1)
    stop()
    assert streaming.skus() == [f"shop.test/p/{number}" for number in (1, 2, 3)]
    assert streaming.run.records("dead_letters") == []


def test_an_event_from_the_future_is_a_letter_and_one_from_a_clock_a_little_ahead_is_not(
    streaming: Any, items: Any, write_source: Any
) -> None:
    write_source("shop", pages=1)
    streaming.put("shop", sent=time.time() + 3_600)
    streaming.put("shop", sent=time.time() + 60)
    stop = streaming.serve(items)
    streaming.wait_for(1, 1)
    stop()
    [letter] = streaming.run.records("dead_letters")
    assert (letter["reason"], "it is from the future, by 3" in letter["message"]) == ("malformed_event", True)
    assert streaming.skus() == ["shop.test/p/1"]
