"""Starts the pipeline as a process of its own, watches it, and starts it again when it died."""

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from pipelines import exit_status
from pipelines.crash_counts import read_crashes
from pipelines.patience import Patience
from pipelines.progress import Counts, read_progress

__all__ = ["Launch", "Launcher"]

POLL_SECS = 0.2
PATIENCE_SECS = 30.0
"""After a Ctrl-C: what is in flight has a few seconds to end; a process that is still there then is ended."""
LEAVE_SECS = 2.0
"""For the workers of a pipeline that died to end by themselves: killed, their requests would look like the culprits."""


@dataclasses.dataclass(slots=True)
class Launch:
    """What became of a launch.

    Attributes:
      status: the pipeline's exit status (`pipelines.exit_status`); negative when a signal killed it.
      executions: one dict for each execution, as the execution log has them; none when the run broke off.
      attempts: how often it was started.
      interrupted: whether the user stopped it.
      errors: the end of what the last process said.
    """

    status: int = 0
    executions: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    attempts: int = 0
    interrupted: bool = False
    errors: str = ""

    @property
    def died(self) -> bool:
        """Whether the run broke off in a way that another attempt may not meet again."""
        if self.status in (exit_status.OK, exit_status.USAGE, exit_status.CANNOT_WRITE):
            return False
        return self.status != exit_status.FAILED or not self.executions


class Launcher:
    """Runs one run, in as many attempts as it needs.

    Args:
      flags: of `pipelines.scrape_process`; `--run_id`, `--progress_folder` and `--stop_file` are added here.
      folder: a local folder for counters, logs and the stop file.
      run_id: the run; a second attempt resumes it.
      watch: called several times a second with the counters of all processes.
    """

    def __init__(self, flags: Sequence[str], folder: Path, run_id: str, watch: Callable[[Counts], None]) -> None:
        self._flags = list(flags)
        self._folder = folder
        self._run_id = run_id
        self._watch = watch
        self._stop_file = folder / "stop"
        self._stops: list[float] = []

    def run(self, *, resume: bool = False) -> Launch:
        """Runs until the pipeline has ended by itself, was stopped, or has died too often."""
        launch, patience = Launch(), Patience()
        with self._stopping_on_signals():
            while True:
                launch.attempts += 1
                run = ["--resume", self._run_id] if resume else ["--run_id", self._run_id]
                run += ["--restart"] if launch.attempts > 1 and not resume else []
                got = self._attempt([*self._flags, *run], launch)
                if not launch.died or self._stops or not patience.goes_on(*got):
                    break
        launch.interrupted = bool(self._stops)
        return launch

    def _attempt(self, flags: list[str], launch: Launch) -> tuple[int, dict[str, int]]:
        """Starts it once and sees it to its end; gives the pages that it fetched, and what it knew of crashes."""
        progress = self._folder / f"progress-{launch.attempts}"
        progress.mkdir(parents=True, exist_ok=True)
        log = self._folder / f"attempt-{launch.attempts}.log"
        output = self._folder / f"attempt-{launch.attempts}.out"
        command = [sys.executable, "-m", "pipelines.scrape_process", *flags]
        command += ["--progress_folder", str(progress), "--stop_file", str(self._stop_file), "--end_with_stdin"]
        with log.open("wb") as errors, output.open("wb") as said:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=said, stderr=errors, start_new_session=True
            )
            try:
                self._wait(process, progress)
            finally:
                end_group(process)
        launch.status = process.returncode
        launch.executions = list(_executions(output.read_text(errors="replace")))
        launch.errors = log.read_text(errors="replace")[-4000:]
        counts = read_progress(progress)
        return sum(count for (_, what), count in counts.items() if what == "pages"), read_crashes(progress)

    def _wait(self, process: "subprocess.Popen[bytes]", progress: Path) -> None:
        while process.poll() is None:
            self._watch(read_progress(progress))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(POLL_SECS)
            if len(self._stops) > 1 or (self._stops and time.monotonic() - self._stops[0] > PATIENCE_SECS):
                return
        self._watch(read_progress(progress))

    @contextlib.contextmanager
    def _stopping_on_signals(self) -> Iterator[None]:
        """The first asks the run to end, the second ends it."""

        def stop(_signal: int, _frame: FrameType | None) -> None:
            self._stops.append(time.monotonic())
            self._stop_file.touch()

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _executions(said: str) -> Iterator[dict[str, Any]]:
    """The executions among what was printed: code beside a source may print too."""
    for line in said.splitlines():
        with contextlib.suppress(ValueError):
            found = json.loads(line)
            if isinstance(found, dict) and "execution_id" in found:
                yield found


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """Ends a process, if it has not ended, and whatever it started."""
    if process.stdin is not None:
        process.stdin.close()
    if process.poll() not in (None, exit_status.OK, exit_status.FAILED, exit_status.USAGE):
        _let_end(process.pid)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _let_end(group: int) -> None:
    """Waits a little for the processes of a group to end."""
    end = time.monotonic() + LEAVE_SECS
    with contextlib.suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < end:
            os.killpg(group, 0)
            time.sleep(0.02)
