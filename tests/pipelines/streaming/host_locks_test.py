"""A host is one process's at a time; what it must know of the one before it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.streaming.host_locks import HostLocks, sweep_host_locks

KEY, OTHER = ("shop.test", 0), ("shop.test", 1)


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_who_comes_second_has_to_wait_and_learns_of_the_pause(tmp_path: Path) -> None:
    clock = Clock()
    first, second = HostLocks(tmp_path, clock), HostLocks(tmp_path, clock)
    assert first.take(KEY) == 0
    assert second.take(KEY) is None
    assert second.take(OTHER) == 0, "another slot has a clock of its own"

    first.give_back(KEY, 30.0)
    clock.now += 10
    assert second.take(KEY) == pytest.approx(20.0)
    second.give_back(KEY, 0.0)
    assert second.take(KEY) == -1.0, "nobody else was there"


@pytest.mark.parametrize(("step", "left"), [(-86_400.0, 30.0), (86_400.0, 0.0)])
def test_a_clock_that_steps_makes_no_pause_longer(tmp_path: Path, step: float, left: float) -> None:
    clock = Clock()
    first, second = HostLocks(tmp_path, clock), HostLocks(tmp_path, clock)
    first.take(KEY)
    first.give_back(KEY, 30.0)
    clock.now += step
    assert second.take(KEY) == left


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from pipelines.streaming.host_locks import HostLocks\n"
        f"HostLocks(Path(sys.argv[1])).take({KEY!r}); print('taken', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"taken\n"
        locks = HostLocks(tmp_path)
        assert locks.take(KEY) is None
        os.kill(process.pid, signal.SIGKILL)
        process.wait(60)
        assert locks.take(KEY) == 0.0


def test_files_of_hosts_where_nobody_was_for_long_are_swept_away(tmp_path: Path) -> None:
    locks = HostLocks(tmp_path)
    locks.take(KEY)
    locks.take(OTHER)
    locks.give_back(OTHER, 0.0)
    now = max(path.stat().st_mtime for path in tmp_path.iterdir())

    assert sweep_host_locks(tmp_path, 100.0, now + 99) == 0
    assert sweep_host_locks(tmp_path, 100.0, now + 101) == 1
    assert HostLocks(tmp_path).take(KEY) is None, "it is at work there"
    assert sweep_host_locks(tmp_path / "none", 1.0, now) == 0
