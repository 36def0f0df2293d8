"""Processes of engines end with what they started, and with who started them."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from pipelines.engines.child_process import EngineFailed, end, free_ports, start, wait_until
from tests.pipelines.conftest import eventually

DEAF = "trap '' TERM; sleep 600 & echo $!; wait; wait"


def lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_one_that_does_not_end_is_killed_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.engines.child_process.END_SECS", 0.5)
    log = tmp_path / "log"
    process = start(["sh", "-c", DEAF], log)
    eventually(lambda: log.exists() and log.read_text().endswith("\n"))
    grandchild = int(log.read_text())

    end(process)

    assert process.poll() is not None
    eventually(lambda: not lives(grandchild))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_it_dies_with_who_started_it(tmp_path: Path, project: Path) -> None:
    log = tmp_path / "log"
    program = (
        "import pathlib, sys, time; from pipelines.engines.child_process import start; "
        "print(start(['sleep', '600'], pathlib.Path(sys.argv[1])).pid, flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", program, str(log)]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        eventually(lambda: psutil.Process(child).name() == "sleep")  # it is tied to its parent from then on
        parent.kill()

    eventually(lambda: not lives(child))


def test_ports_that_are_free_differ() -> None:
    assert len(set(free_ports(5))) == 5


def test_what_does_not_come_is_said() -> None:
    with pytest.raises(EngineFailed, match="the sun rises"):
        wait_until(lambda: False, 0.01, "the sun rises")
