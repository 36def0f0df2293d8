"""Starts a streaming job on an engine, starts it again when it broke off, and drains it when asked to."""

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipelines import exit_status
from pipelines.engines.child_process import EngineFailed, kill, start
from pipelines.engines.engine_jobs import EngineJobs, jobs_of
from pipelines.engines.pulse import pulse_file
from pipelines.noted_signals import noted_signals, pause_unless
from transforms import filesystem

__all__ = ["supervise"]

LONGEST_PAUSE_SECS = 60.0
WELL_SECS = 60.0
"""A job that lived so long was well: the pauses begin again with the shortest."""
DRAIN_SECS = 120.0
POLL_SECS = 0.5
LAST_WORDS_SECS = 10.0
ENDED = (exit_status.OK, exit_status.USAGE)


def supervise(
    flags: Sequence[str],
    stop_file: str,
    say: Callable[[str], None],
    module: str = "pipelines.engines.stream",
    drain_secs: float = DRAIN_SECS,
    begins_in_secs: float | None = None,
) -> int:
    """Runs the job until it ends by itself; in the main thread only.

    SIGINT and SIGTERM write the stop file and wait until the job has drained; after `drain_secs`, or with a second
    signal, it is cancelled. Nothing of it is left then: neither launcher, nor Prism, nor a job on the cluster. A Flink
    job lives on when this process is killed; the next supervisor of the same stop file watches it then.

    Args:
      flags: of the module, `--NAME=VALUE`. With `--flink_master=HOST:PORT` the job is looked after on that cluster.
      stop_file: the job drains when it is there; handed on as `--stop_file`.
      say: told of each job that broke off, and that it drains.
      module: builds the graph, runs it, and waits.
      begins_in_secs: a job whose reader has shown no sign of life by then (`pulse_file`) is started again, whatever
        its engine says of it: on Flink some jobs were RUNNING and never began. The next one has twice as long, for
        the machine may be slow. None: no sign is waited for.

    Returns:
      Its exit status; 0 after a signal when it has drained, 130 when it was cancelled; 2: another process of this
      machine looks after the job of this stop file already.
    """
    stop_file = os.path.abspath(stop_file) if filesystem.is_local(stop_file) else stop_file  # workers are elsewhere
    jobs, command = jobs_of(flags, stop_file), [*flags, f"--stop_file={stop_file}"]
    pause, pulse = 0.5, _Pulse(pulse_file(stop_file), begins_in_secs)
    with noted_signals() as signals, _alone(stop_file) as is_alone:
        if not is_alone:
            say(f"another `run --streaming` looks after the job of this output already: {stop_file}.lock")
            return exit_status.USAGE
        _remove(stop_file)
        while True:
            started = time.monotonic()
            attempt = _Attempt(jobs, command, module, say, pulse)
            status = _attempted(attempt, signals, stop_file, drain_secs)
            if signals or status in ENDED:
                _remove(stop_file)
                return status
            pause = 1.0 if time.monotonic() - started > WELL_SECS else min(2 * pause, LONGEST_PAUSE_SECS)
            say(f"the streaming job broke off (exit status {status}); started again in {pause:.0f} s")
            pause_unless(signals, pause)
            if signals:
                return exit_status.OK


@contextlib.contextmanager
def _alone(stop_file: str) -> Iterator[bool]:
    """Whether this process is the only one of the machine that looks after the job: one stop file would stop two.

    The lock ends with the process. Where the output is no folder of this machine, nobody is kept out.
    """
    if not filesystem.is_local(stop_file):
        yield True
        return
    path = Path(f"{stop_file}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


class _Attempt:
    """One launcher, and the job that it starts; or the job that is there already."""

    def __init__(
        self, jobs: EngineJobs, flags: Sequence[str], module: str, say: Callable[[str], None], pulse: "_Pulse"
    ) -> None:
        self._jobs, self.say, self._pulse = jobs, say, pulse
        self._launcher: subprocess.Popen[bytes] | None = None
        self._command = [sys.executable, "-m", module, *flags]

    def watch(self, signals: list[int], stop_file: str, drain_secs: float) -> int:
        """Returns how it ended.

        Raises:
          EngineFailed
        """
        self._launch()
        drained_by, finished = 0.0, False
        while self._goes_on():
            if len(signals) > 1 or (drained_by and time.monotonic() > drained_by):
                self._jobs.cancel()
                return exit_status.INTERRUPTED
            if signals and not drained_by:
                self.say("the job drains, which takes up to two minutes; once more, and it is cancelled")
                filesystem.replace_whole(stop_file, b"")
                drained_by = time.monotonic() + drain_secs
            if drained_by:
                finished = self._jobs.finish() or finished
            elif waited_secs := self._pulse.missing_secs():
                self.say(f"the job has not begun to ask for events in {waited_secs:.0f} s: it is cancelled")
                self._jobs.cancel()
                return exit_status.DIED
            time.sleep(POLL_SECS)
        if finished:
            return exit_status.OK
        return self._status()

    def close(self) -> None:
        """Ends the launcher, and an engine that is this attempt's own."""
        if self._launcher is not None:
            kill(self._launcher)
        self._jobs.close()

    def _launch(self) -> None:
        if self._jobs.live():
            self.say("the job is on the cluster already: it is watched, and not started a second time")
            return
        self._pulse.launched()
        self._launcher = start([*self._command, *self._jobs.begin()], None)

    def _goes_on(self) -> bool:
        launched = self._launcher is not None and self._launcher.poll() is None
        return not self._jobs.ended() if launched else self._jobs.live()

    def _status(self) -> int:
        """What the launcher says; of one that still waits for a job that has ended, that it died."""
        if self._launcher is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self._launcher.wait(LAST_WORDS_SECS)
        return exit_status.DIED


class _Pulse:
    """The sign of life of a job's reader: a file that it writes when it begins. Only where the output is a folder."""

    def __init__(self, path: str, begins_in_secs: float | None) -> None:
        self._path = Path(path) if begins_in_secs is not None and filesystem.is_local(path) else None
        self._begins_in_secs = begins_in_secs or 0.0
        self._until: float | None = None

    def launched(self) -> None:
        """A job was started: from now on there should be one."""
        self._until = time.monotonic() + self._begins_in_secs
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def missing_secs(self) -> float:
        """After how long without one it was given up, else 0; the next job has twice as long. Of a job that an earlier
        supervisor started nobody knows."""
        if self._path is None or self._until is None or time.monotonic() < self._until or self._path.exists():
            return 0.0
        waited, self._begins_in_secs = self._begins_in_secs, 2 * self._begins_in_secs
        return waited


def _attempted(attempt: _Attempt, signals: list[int], stop_file: str, drain_secs: float) -> int:
    """How one attempt ended; nothing of its own is left."""
    try:
        return attempt.watch(signals, stop_file, drain_secs)
    except EngineFailed as failed:
        attempt.say(str(failed))
        return exit_status.DIED
    finally:
        attempt.close()


def _remove(stop_file: str) -> None:
    if filesystem.exists(stop_file):
        filesystem.remove([stop_file])
