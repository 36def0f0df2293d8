"""The clock, with time and runs in the test's hands."""

import pytest

from pipelines.scheduling.due import Due
from pipelines.scheduling.local_clock import LocalClock


class Run:
    """A run that ends when the test says so."""

    def __init__(self):
        self.status = None
        self.asked_to_end = 0

    def poll(self):
        return self.status

    def terminate(self):
        self.asked_to_end += 1


class Desk:
    """What is due, what was started, and the time."""

    def __init__(self, **more):
        self.now, self.overdue, self.claimed = 1_000_020.0, [], set()
        self.started, self.lines, self.looks = [], [], 0
        self.on_wait = lambda: None
        self.clock = LocalClock(
            self.due, self.claim, self.start, lambda: self.now, self.lines.append, wait=self.wait, **more
        )

    def due(self, now):
        self.looks += 1
        return [one for one in self.overdue if one not in self.claimed]

    def claim(self, one):
        return not (one in self.claimed or self.claimed.add(one))

    def start(self, one):
        self.started.append((one, Run()))
        return self.started[-1][1]

    def wait(self, secs):
        self.now += secs
        self.on_wait()

    def names(self):
        return [one.source for one, _ in self.started]


@pytest.fixture
def desk():
    return Desk(at_once=2)


def test_what_is_due_is_started_once_and_looked_for_each_minute(desk):
    desk.overdue = [Due("a", 5.0)]
    for _ in range(200):
        desk.clock.step()
        desk.wait(1)

    assert desk.names() == ["a"]
    assert desk.looks == 4


def test_a_source_never_runs_twice_at_a_time_and_what_it_missed_runs_once(desk):
    desk.overdue = [Due("a", 5.0)]
    desk.clock.step()
    desk.now, desk.overdue = desk.now + 60, [Due("a", 60.0)]
    desk.clock.step()
    desk.now, desk.overdue = desk.now + 60, [Due("a", 120.0)]
    desk.clock.step()
    assert desk.names() == ["a"]

    desk.started[0][1].status = 0
    desk.clock.step()

    assert [one for one, _ in desk.started] == [Due("a", 5.0), Due("a", 120.0)]


def test_no_more_run_at_once_than_may_and_the_others_follow(desk):
    desk.overdue = [Due(name, 5.0) for name in "abcd"]
    desk.clock.step()
    assert desk.names() == ["a", "b"]

    desk.started[1][1].status = 0
    desk.clock.step()
    assert desk.names() == ["a", "b", "c"]


def test_a_clock_that_was_put_back_goes_on(desk):
    desk.clock.step()
    desk.now -= 3600
    desk.overdue = [Due("a", 5.0)]
    desk.clock.step()

    assert desk.names() == ["a"]


def test_once_waits_for_all_and_counts_what_failed(desk):
    desk.overdue = [Due(name, 5.0) for name in "abc"]

    def end_one():
        running = [run for _, run in desk.started if run.status is None]
        running[0].status = 1 if len(desk.started) == 3 else 0

    desk.on_wait = end_one
    desk.clock.run(once=True)

    assert desk.names() == ["a", "b", "c"]
    assert desk.clock.failed == 2
    assert "c: ended with status 1" in desk.lines


def test_stopping_starts_nothing_more_and_waits_for_what_runs(desk):
    desk.overdue = [Due("a", 5.0)]
    waits = []

    def pass_time():
        waits.append(desk.now)
        desk.now += 60
        desk.overdue = [Due("b", desk.now)]
        if len(waits) == 1:
            desk.clock.stop()
        if len(waits) == 5:
            desk.started[0][1].status = 0

    desk.on_wait = pass_time
    desk.clock.run()

    assert desk.names() == ["a"]
    assert len(waits) == 5
    assert desk.started[0][1].asked_to_end == 0


def test_stopping_twice_stops_the_runs(desk):
    desk.overdue = [Due("a", 5.0)]

    def stop():
        desk.clock.stop()
        if desk.started[0][1].asked_to_end:
            desk.started[0][1].status = 130

    desk.on_wait = stop
    desk.clock.run()

    assert desk.started[0][1].asked_to_end == 1
    assert desk.clock.failed == 1


def test_a_run_that_cannot_be_started_harms_no_other(desk):
    start = desk.clock.start

    def no_memory_for_a(one):
        if one.source == "a":
            raise OSError("Cannot allocate memory")
        return start(one)

    desk.clock.start = no_memory_for_a
    desk.overdue = [Due("a", 5.0), Due("b", 5.0)]
    desk.clock.step()

    assert desk.names() == ["b"]
    assert desk.lines == ["a: cannot be started: Cannot allocate memory"]
    assert desk.clock.failed == 1
