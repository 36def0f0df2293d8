"""kill -9 of the process that does the work, several times; and its end by SIGTERM."""

from typing import Any

import pytest

pytestmark = pytest.mark.timeout(240)


def kill_workers(front: Any, running: Any, *, times: int) -> None:
    """Kills all of them, each time after some more pages."""
    step = front.campaign.events // (times + 2)
    for _ in range(times):
        if front.engine.carrier == "pubsub":  # leases make what was in flight come late, perhaps at the next kill
            front.wait_for_suspects(running)
        front.wait_for_pages(running, sum(front.site.pages.values()) + step)
        front.kill(running, running.workers())


def test_killed_workers_lose_nothing_and_double_nothing(front: Any) -> None:
    at = front(48, 6)
    running = at.start()
    kill_workers(at, running, times=2 if at.engine.own_rows_once else 1)
    at.wait_for_end(running)
    running.stop()
    at.check()
    if at.engine.own_rows_once:
        assert sum(at.site.pages.values()) <= 48 + 2 * 8, "only what was in flight may be asked for again"
    at.check_again()


def test_a_run_that_drains_in_the_middle_and_is_started_again_loses_nothing_and_doubles_nothing(front: Any) -> None:
    at = front(48, 6)
    running = at.start()
    at.wait_for_pages(running, 2)
    running.stop()

    running = at.start()
    at.wait_for_end(running)
    running.stop()
    at.check()


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("repetition", range(10))
def test_workers_killed_with_500_events_in_flight(front: Any, repetition: int) -> None:
    at = front(500, 20)
    running = at.start()
    at.wait_for_pages(running, 10 * repetition)
    kill_workers(at, running, times=5 if at.engine.own_rows_once else 1)
    at.wait_for_end(running, secs=900)
    running.stop()
    at.check()
    at.check_again()
