"""kill -9 of the browser, with pages of many events open in it."""

from typing import Any

import psutil
import pytest

from scrapers.browsing.executable import BrowserMissing, find_browser

try:
    find_browser()
except BrowserMissing as missing:
    pytest.skip(f"needs: Chromium ({missing})", allow_module_level=True)

pytestmark = pytest.mark.timeout(240)


def browsers(running: Any) -> list[psutil.Process]:
    """Chromium's own process of each worker, without those that it starts itself."""
    below = [one for pid in running.workers() for one in psutil.Process(pid).children(recursive=True)]
    words = [(one, one.cmdline()) for one in below if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    return [one for one, line in words if "--remote-debugging-pipe" in line and "--type=" not in " ".join(line)]


def kill_browsers(front: Any, running: Any, *, times: int) -> None:
    step = front.campaign.events // (times + 2)
    for _ in range(times):
        front.wait_for_pages(running, sum(front.site.pages.values()) + step)
        killed = browsers(running)
        assert killed, front.project.everything_said()
        for one in killed:
            one.kill()


def test_a_killed_chromium_costs_no_event(front: Any) -> None:
    at = front(24, 6, "browser")
    running = at.start()
    kill_browsers(at, running, times=1)
    at.wait_for_end(running)
    running.stop()
    at.check()


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_chromium_killed_five_times_with_500_events_in_flight(front: Any) -> None:
    at = front(500, 20, "browser")
    running = at.start()
    kill_browsers(at, running, times=5)
    at.wait_for_end(running, secs=1_500)
    running.stop()
    at.check()
