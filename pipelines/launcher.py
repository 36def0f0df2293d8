"""Starts the pipeline as a process of its own, watches it, and starts it again when it died."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from pipelines.progress import read_progress

__all__ = ["MAX_ATTEMPTS", "Launch", "Launcher"]

MAX_ATTEMPTS = 4
POLL_SECS = 0.2
PATIENCE_SECS = 20.0
"""After a Ctrl-C: what is in flight has a few seconds to end; a process that is still there then is ended."""


class Launch:
    """What became of a launch.

    Attributes:
      status: the pipeline's exit status; 2 a usage or source-file error, above it died every time.
      executions: one dict for each execution, as the execution log has them.
      attempts: how often it was started.
      interrupted: whether the user stopped it.
      errors: the end of what the last process said.
    """

    def __init__(self) -> None:
        self.status = 0
        self.executions: list[dict[str, Any]] = []
        self.attempts = 0
        self.interrupted = False
        self.errors = ""


class Launcher:
    """Runs one run, in as many attempts as it needs.

    Args:
      flags: of `pipelines.scrape`; `--run_id`, `--progress_folder` and `--stop_file` are added here.
      folder: a local folder for counters, logs and the stop file.
      run_id: the run; a second attempt resumes it.
      watch: called several times a second with the counters of all processes.
    """

    def __init__(
        self, flags: Sequence[str], folder: Path, run_id: str, watch: Callable[[Counter[tuple[str, str]]], None]
    ) -> None:
        self._flags = list(flags)
        self._folder = folder
        self._run_id = run_id
        self._watch = watch
        self._stop_file = folder / "stop"
        self._asked_to_stop = 0.0

    def run(self, *, resume: str = "") -> Launch:
        """Runs until the pipeline has ended by itself, was stopped, or has died MAX_ATTEMPTS times."""
        launch = Launch()
        with self._stopping_on_signals():
            while True:
                launch.attempts += 1
                name = ["--resume", resume] if resume else ["--run_id", self._run_id]
                launch.status = self._attempt([*self._flags, *name], launch)
                died = launch.status not in (0, 1, 2)
                if not died or self._asked_to_stop or launch.attempts == MAX_ATTEMPTS:
                    break
                resume = self._run_id
        launch.interrupted = bool(self._asked_to_stop)
        return launch

    def _attempt(self, flags: list[str], launch: Launch) -> int:
        progress = self._folder / f"progress-{launch.attempts}"
        progress.mkdir(parents=True, exist_ok=True)
        log = self._folder / f"attempt-{launch.attempts}.log"
        output = self._folder / f"attempt-{launch.attempts}.out"
        command = [sys.executable, "-m", "pipelines.scrape", *flags]
        command += ["--progress_folder", str(progress), "--stop_file", str(self._stop_file), "--end_with_stdin"]
        with log.open("wb") as errors, output.open("wb") as said:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=said, stderr=errors, start_new_session=True
            )
            try:
                self._wait(process, progress)
            finally:
                end_group(process)
        launch.executions = [json.loads(line) for line in output.read_text().splitlines() if line.startswith("{")]
        launch.errors = log.read_text(errors="replace")[-4000:]
        return process.returncode

    def _wait(self, process: "subprocess.Popen[bytes]", progress: Path) -> None:
        while process.poll() is None:
            self._watch(read_progress(progress))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(POLL_SECS)
            if self._asked_to_stop and time.monotonic() - self._asked_to_stop > PATIENCE_SECS:
                return
        self._watch(read_progress(progress))

    @contextlib.contextmanager
    def _stopping_on_signals(self) -> Any:
        def stop(_signal: int, _frame: FrameType | None) -> None:
            self._asked_to_stop = self._asked_to_stop or time.monotonic()
            self._stop_file.touch()

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """Ends a process and all that it started; its workers may outlive it by their own time-outs."""
    if process.stdin is not None:
        process.stdin.close()
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
