"""The processes in which Python code of a Flink job runs: a pool starts them when the engine asks for one."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import psutil

from pipelines.engines.child_process import end, free_ports, start, wait_until
from pipelines.engines.folder import PROJECT
from pipelines.engines.job_server import listens

__all__ = ["WorkerPool"]

START_SECS = 120.0


class WorkerPool:
    """A worker pool of its own environment variables; its processes end with it.

    The pool starts `python` from PATH, not the Python that it runs on itself: another one, and jobs hang in silence.
    """

    def __init__(self, log: Path, environment: Mapping[str, str] | None = None) -> None:
        """Starts it.

        Args:
          environment: added to that of this process, for all workers.
        """
        self.port = free_ports(1)[0]
        variables = {**os.environ, **(environment or {})}
        for name, first in (("PATH", Path(sys.executable).parent), ("PYTHONPATH", PROJECT)):
            variables[name] = os.pathsep.join(filter(None, (str(first), variables.get(name, ""))))
        command = [sys.executable, "-m", "pipelines.engines.flink.worker_pool", str(self.port)]
        self._process = start(command, log, variables)
        wait_until(lambda: self._process.poll() is not None or listens(self.port), START_SECS, "the worker pool")

    @property
    def flags(self) -> list[str]:
        """Beam's flags that have a job use it."""
        return ["--environment_type=EXTERNAL", f"--environment_config=localhost:{self.port}"]

    def pids(self) -> list[int]:
        """Of the workers that live, oldest first."""
        try:
            workers = [child for child in psutil.Process(self._process.pid).children() if _lives(child)]
        except psutil.NoSuchProcess:
            return []
        return [worker.pid for worker in sorted(workers, key=lambda worker: (worker.create_time(), worker.pid))]

    def close(self) -> None:
        """Ends it and its workers."""
        end(self._process)

    def __enter__(self) -> "WorkerPool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
