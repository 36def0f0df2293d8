"""A process that ends itself says so first; and those around it are given the time to."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import exit_status, launcher


def test_who_must_know_is_told_before_the_process_ends_itself(project: Path) -> None:
    code = (
        "from pipelines.leaving import leave, when_left\n"
        "when_left(lambda: 1 / 0)\n"
        "when_left(lambda: print('told', flush=True))\n"
        "leave(70)"
    )

    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False, timeout=60
    )

    assert (ended.returncode, ended.stdout) == (70, "told\n")


@pytest.mark.parametrize("status", [exit_status.DIED, exit_status.OK])
def test_workers_of_a_pipeline_that_died_end_by_themselves(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setattr(launcher, "LEAVE_SECS", 60.0)
    secs = 0.5 if status == exit_status.DIED else 100
    words = ["/bin/sh", "-c", f"(sleep {secs}; echo said) & exit {status}"]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    process.wait(60)

    launcher.end_group(process)

    assert process.stdout is not None
    with process.stdout as said:  # ends when nobody is left who could write to it
        assert said.read() == (b"said\n" if status == exit_status.DIED else b"")
