"""What a supervisor must know of an engine: how a job begins, whether it lives without its launcher, how it ends."""

import contextlib
import hashlib
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from pipelines.engines.child_process import EngineFailed, end, free_ports, start, wait_until
from pipelines.engines.flink.configuration import stream_flags
from pipelines.engines.flink.rest import ENDED, FlinkRest
from pipelines.engines.job_server import JobServer, listens
from pipelines.engines.prism import PrismMissing, find_prism

__all__ = ["EngineJobs", "FlinkJobs", "LauncherJobs", "PrismJobs", "jobs_of"]

START_SECS = 60.0
CANCEL_SECS = 60.0
SUBMIT_SECS = 180.0
"""Until a job that Beam's job server was asked for is on the cluster: it uploads 157 MB. Of a job that was cancelled on
the cluster the job server (2.65.0) says for ever that it runs, so it is believed no longer than that."""
LAST_CHECKPOINTS = 2
"""Completed since a job was drained: the second began after that, so that its bundles have ended and are finalized."""


class EngineJobs(Protocol):
    """The jobs of one name on one engine; never are there two at once."""

    def begin(self) -> list[str]:
        """Makes ready for a job; gives the flags that its launcher needs beside the given ones."""

    def live(self) -> bool:
        """Whether a job lives, whatever its launcher does.

        Raises:
          EngineFailed: the engine does not say.
        """

    def ended(self) -> bool:
        """Whether the job that was begun has ended, even if its launcher waits for it still."""

    def finish(self) -> bool:
        """Asked again and again while a job drains: ends one that has nothing left to do; whether there was one."""

    def cancel(self) -> None:
        """Ends it without drain; returns when it has ended.

        Raises:
          EngineFailed: it has not within a minute.
        """

    def close(self) -> None:
        """Ends what was begun for one attempt, after its launcher has ended."""


class LauncherJobs:
    """On an engine that this program knows nothing of: the job is taken to live as long as its launcher."""

    def begin(self) -> list[str]:
        return []

    def live(self) -> bool:
        return False

    def ended(self) -> bool:
        return False

    def finish(self) -> bool:
        return False

    def cancel(self) -> None:
        self.close()

    def close(self) -> None:
        pass


class PrismJobs(LauncherJobs):
    """A Prism for each attempt, as a child of this process: one that Beam starts outlives a launcher that is killed."""

    def __init__(self, program: Path) -> None:
        self._program = program
        self._server: subprocess.Popen[bytes] | None = None

    def begin(self) -> list[str]:
        port = free_ports(1)[0]
        command = [str(self._program), f"--job_port={port}", "--serve_http=false", "--log_level=warn"]
        self._server = started = start(command, None)
        wait_until(lambda: started.poll() is not None or listens(port), START_SECS, "Prism listens")
        return [f"--job_endpoint=localhost:{port}", "--environment_type=LOOPBACK"]

    def close(self) -> None:
        if self._server is not None:
            end(self._server)
            self._server = None


class FlinkJobs:
    """On a Flink cluster. A job there lives on without its launcher, and with nothing left to do."""

    def __init__(self, name: str, master: str, job_endpoint: str, more: Sequence[str] = ()) -> None:
        """Asks nothing yet.

        Args:
          name: of the job.
          master: HOST:PORT of the JobManager's REST interface.
          job_endpoint: HOST:PORT of Beam's job server; empty for one of the launcher's own.
          more: flags of the job that nobody gave.
        """
        self.rest = FlinkRest(master)
        self._name, self._server, self._more = name, JobServer(job_endpoint), list(more)
        self._checkpoints_at_drain: dict[str, int] = {}
        self._older: set[str] = set()
        self._submitted_by = time.monotonic() + SUBMIT_SECS

    def begin(self) -> list[str]:
        self._checkpoints_at_drain.clear()
        self._older = {*self._states(), *self._server.live(self._name)}
        self._submitted_by = time.monotonic() + SUBMIT_SECS
        return [f"--job_name={self._name}", *self._more]

    def live(self) -> bool:
        """Also while the job server, which goes on without the launcher, still submits it."""
        if self._jobs():
            return True
        begun = set(self._states()) - self._older
        asked_for = set(self._server.live(self._name)) - self._older
        return len(asked_for) > len(begun) and time.monotonic() < self._submitted_by

    def ended(self) -> bool:
        with contextlib.suppress(EngineFailed):  # it is asked again
            begun = {state for job, state in self._states().items() if job not in self._older}
            return bool(begun) and begun <= ENDED
        return False

    def finish(self) -> bool:
        with contextlib.suppress(OSError, EngineFailed):  # it is asked again
            for job in filter(self._has_ended, self._jobs()):
                self.rest.cancel(job)
                return True
        return False

    def close(self) -> None:
        pass

    def cancel(self) -> None:
        """Cancels what runs, and what the job server still prepares when that has come to run."""

        def ended() -> bool:
            self._server.cancel(self._name)
            with contextlib.suppress(OSError, EngineFailed):  # it is asked again
                for job in self._jobs():
                    self.rest.cancel(job)
                return not self.live()
            return False

        wait_until(ended, CANCEL_SECS, f"job {self._name} has ended")

    def _has_ended(self, job: str) -> bool:
        if not self.rest.drained(job):
            return False
        completed = self.rest.checkpoints(job)
        return completed >= self._checkpoints_at_drain.setdefault(job, completed) + LAST_CHECKPOINTS

    def _jobs(self) -> list[str]:
        return [job for job, state in self._states().items() if state not in ENDED]

    def _states(self) -> dict[str, str]:
        try:
            return self.rest.states(self._name)
        except OSError as error:
            raise EngineFailed(f"Flink at {self.rest.address} does not answer: {error}") from error


def jobs_of(flags: Sequence[str], stop_file: str) -> EngineJobs:
    """How the engine that these flags name is to be handled.

    Args:
      stop_file: of the stream; jobs that have it are the same job, if no flag names it.
    """
    given = _given(flags)
    if given.get("--flink_master"):
        name = given.get("--job_name") or f"scrapeline-{hashlib.sha256(stop_file.encode()).hexdigest()[:10]}"
        return FlinkJobs(name, given["--flink_master"], given.get("--job_endpoint", ""), stream_flags(given))
    if given.get("--runner") == "PrismRunner" and "--job_endpoint" not in given:
        with contextlib.suppress(PrismMissing):  # Beam fetches one
            return PrismJobs(Path(given.get("--prism_location") or find_prism()))
    return LauncherJobs()


def _given(flags: Sequence[str]) -> dict[str, str]:
    """Flags by name, given as `--NAME=VALUE` or `--NAME VALUE`."""
    given = {}
    for flag, following in zip(flags, [*flags, ""][1:], strict=True):
        name, equals, value = flag.partition("=")
        given[name] = value if equals else following
    return given
