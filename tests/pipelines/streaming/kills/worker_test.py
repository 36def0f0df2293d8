"""kill -9 of the process that does the work, several times."""

import os
import signal
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(240)


def kill_workers(front: Any, running: Any, *, times: int) -> None:
    """Kills all of them, each time after some more pages."""
    step = front.campaign.events // (times + 2)
    for _ in range(times):
        front.wait_for_pages(running, sum(front.site.pages.values()) + step)
        for pid in running.workers():
            os.kill(pid, signal.SIGKILL)


def test_workers_killed_twice_lose_nothing_and_double_nothing(front: Any) -> None:
    at = front(48, 6)
    running = at.start()
    kill_workers(at, running, times=2)
    at.wait_for_end(running)
    running.stop()
    at.check()
    assert sum(at.site.pages.values()) <= 48 + 2 * 8, "only what was in flight may be asked for again"
    at.check_again()


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_workers_killed_five_times_with_500_events_in_flight(front: Any) -> None:
    at = front(500, 20)
    running = at.start()
    kill_workers(at, running, times=5)
    at.wait_for_end(running, secs=900)
    running.stop()
    at.check()
    at.check_again()
