"""What Chromium's processes have in memory, and which of them is too large."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from scrapers.browsing.chromium import Chromium
from scrapers.browsing.process_tree import end, is_alive, session_of, too_large, tree_bytes

MB = 1 << 20
KEEP_BYTES = "bytes => { window.kept = new Uint8Array(bytes).fill(1); return kept.length; }"


def test_a_renderer_over_its_limit_is_found_and_its_end_is_its_pages_only(run: Any, chromium: Chromium):
    async def crash_the_large_one() -> None:
        context = await chromium.browser.new_context()
        small, large = await context.new_page(), await (await chromium.browser.new_context()).new_page()
        crashed = asyncio.Event()
        large.on("crash", lambda _: crashed.set())
        await small.set_content("<title>lamps</title>")
        before = chromium.memory_bytes()
        assert too_large(chromium.pids(), 200 * MB) == []
        assert await large.evaluate(KEEP_BYTES, 300 * MB) == 300 * MB

        found = too_large(chromium.pids(), 200 * MB)
        assert len(found) == 1
        assert chromium.memory_bytes() - before > 250 * MB

        end(found)
        await crashed.wait()
        assert await small.title() == "lamps"
        assert not chromium.is_gone()

    run(crash_the_large_one())


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="not on a kernel that tells")
def test_shared_memory_is_counted_once(chromium: Chromium):
    """The kernel's own shares (Pss) are exact, and cost ten times as much."""
    pids = chromium.pids()
    exact = sum(share_bytes(pid) for pid in pids)
    resident = sum(psutil.Process(pid).memory_info().rss for pid in pids)

    assert 0.6 * exact < tree_bytes(pids) < 1.5 * exact < resident


def share_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024


def test_processes_that_have_ended_have_nothing():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(60)

    assert tree_bytes([gone.pid]) == 0
    assert too_large([gone.pid], 0) == []
    end([gone.pid])


def test_a_session_is_known_when_its_first_process_has_ended(wait_until: Callable[..., None]):
    leader = subprocess.Popen(["sh", "-c", "sleep 600 & echo $!"], start_new_session=True, stdout=subprocess.PIPE)
    assert leader.stdout is not None
    child = int(leader.stdout.readline())
    leader.wait(60)

    assert session_of(leader.pid) == [child]

    end(session_of(leader.pid))
    wait_until(lambda: session_of(leader.pid) == [], "the child has ended")


def test_a_process_that_is_to_be_reaped_is_not_alive(wait_until: Callable[..., None]):
    child = subprocess.Popen(["sleep", "600"])
    process = psutil.Process(child.pid)
    assert is_alive(process)

    os.kill(child.pid, signal.SIGKILL)

    wait_until(lambda: not is_alive(process), "it has ended")
    child.wait(60)
