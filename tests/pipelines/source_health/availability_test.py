"""What a process that goes on for weeks knows of sources."""

import dataclasses
from pathlib import Path

import pytest

from pipelines.places import Places
from pipelines.source_health.book import open_book
from pipelines.source_health.leaving_out import Availability
from pipelines.source_health.standing import healths
from schemas.decision import Decision


@dataclasses.dataclass
class Clock:
    now: float

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(desk):
    return Clock(desk.now)


@pytest.fixture
def known(clock):
    return Availability(Places("out"), clock)


def test_what_is_known_is_read_anew_now_and_then(desk, known, clock):
    desk.ran("down", "failed", 3, 2)
    assert known.out_because("down", "e1") == ""

    desk.ran("down", "failed", 0)
    assert known.out_because("down", "e2") == "", "not yet"
    clock.now += known.keep_secs
    assert "in backoff until" in known.out_because("down", "e3")
    assert known.out_because("never-seen", "e4") == ""


def test_of_the_executions_after_a_backoff_one_tries_the_source(desk, known, clock):
    desk.ran("down", "failed", 9, 8, 7)

    assert known.out_because("down", "e1") == ""
    assert "another run is trying it" in known.out_because("down", "e2")
    assert known.out_because("down", "e1") == "", "its event came again"

    desk.ran("down", "failed", 0)
    clock.now += known.keep_secs
    assert "(level 2 of 5, 4 failures in a row" in known.out_because("down", "e1")


def test_what_ends_here_is_known_at_once(desk, known):
    desk.ran("down", "failed", 3, 2)
    assert known.out_because("down", "e1") == ""

    desk.ran("down", "failed", 0)
    known.ended("down", "e1", "failed")

    assert "in backoff until" in known.out_because("down", "e2")


def test_a_probe_that_does_not_count_leaves_it_to_the_next(desk, known):
    desk.ran("down", "failed", 9, 8, 7)
    assert known.out_because("down", "e1") == ""

    known.ended("down", "another", "success")
    assert "another run is trying it" in known.out_because("down", "e2")
    known.ended("down", "e1", "success")
    assert known.out_because("down", "e2") == ""


def test_executions_that_were_left_out_change_nothing(desk, known, clock):
    desk.ran("down", "failed", 9.5, 8.5, 7.5)
    before = known.out_because("down", "e1"), healths(Places("out"), ["down"])

    desk.ran("down", "failed", 3, 2, 1, 0, dropped_by_reason='{"backoff": 2}')
    clock.now += known.keep_secs

    assert (known.out_because("down", "e1"), healths(Places("out"), ["down"])) == before


def test_what_was_known_holds_while_the_log_cannot_be_read(desk, known, clock):
    desk.ran("down", "failed", 2, 1, 0)
    assert "in backoff" in known.out_because("down", "e1")

    Path("out/executions/x.parquet").write_text("cannot be read")
    clock.now += known.keep_secs

    assert "in backoff" in known.out_because("down", "e2")


def test_a_disabled_source_says_who_disabled_it(desk, known):
    open_book(Places("out")).add([Decision("shop", "disable", desk.now, "ana", "the contract ends")])

    assert "disabled by ana" in known.out_because("shop", "e1")
    assert "because the contract ends" in known.out_because("shop", "e1")
