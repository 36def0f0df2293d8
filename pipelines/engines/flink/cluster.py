"""A Flink cluster of this machine: a JobManager, a TaskManager and Beam's job server, on ports of their own."""

import contextlib
import subprocess
from pathlib import Path
from types import TracebackType

from pipelines.engines.child_process import EngineFailed, end, free_ports, kill, start, wait_until
from pipelines.engines.flink.configuration import JAVA_FLAGS, write_configuration
from pipelines.engines.flink.jars import find_jars, find_java
from pipelines.engines.flink.rest import ENDED, FlinkRest
from pipelines.engines.job_server import listens

__all__ = ["FlinkCluster"]

START_SECS = 180.0
CANCEL_SECS = 60.0

JOB_MANAGER = ("-Xmx768m", "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint")
TASK_MANAGER = ("-Xmx1536m", "org.apache.flink.runtime.taskexecutor.TaskManagerRunner")
JOB_SERVER = ("-Xmx2g", "org.apache.beam.runners.flink.FlinkJobServerDriver")


class FlinkCluster:
    """Two slots; all of it on loopback. Start it from the main thread: its processes die with the thread that starts.

    Attributes:
      folder: configuration, checkpoints and logs (`job_manager.log`, `task_manager.log`, `job_server.log`).
      rest: what the JobManager knows.
    """

    def __init__(self, folder: Path) -> None:
        """Starts nothing yet.

        Raises:
          FlinkMissing: Java or the jars are not here.
        """
        self._java, self._jars = find_java(), find_jars()
        self.folder = folder.absolute()
        rest_port, rpc_port, self._job_port, self._artifact_port, self._expansion_port = free_ports(5)
        self.rest = FlinkRest(f"localhost:{rest_port}")
        self._conf = write_configuration(self.folder, rest_port, rpc_port)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def flags(self) -> list[str]:
        """Beam's flags for a supervised job on it, but for those of the worker pool."""
        return [
            "--runner=PortableRunner",
            f"--flink_master={self.rest.address}",
            f"--job_endpoint=localhost:{self._job_port}",
        ]

    def start(self) -> None:
        """Starts everything, and waits until jobs can be submitted.

        Raises:
          EngineFailed: not within 3 minutes.
        """
        conf = ("--configDir", str(self._conf))
        self._start("job_manager", *JOB_MANAGER, *conf)
        self._start("job_server", *JOB_SERVER, *self._job_server_flags())
        self.start_task_manager()
        wait_until(lambda: self.lives() and listens(self._job_port), START_SECS, "Beam's job server listens")

    def start_task_manager(self) -> None:
        """Starts a TaskManager, and waits until it offers its slots."""
        self._start("task_manager", *TASK_MANAGER, "-XX:MaxDirectMemorySize=768m", "--configDir", str(self._conf))
        wait_until(lambda: self.lives() and self._slots() > 0, START_SECS, "a TaskManager offers slots")

    def kill_task_manager(self) -> None:
        """kill -9; the JobManager takes 8 s to notice."""
        kill(self._processes.pop("task_manager"))

    def lives(self) -> bool:
        """True.

        Raises:
          EngineFailed: one of its processes has ended by itself.
        """
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise EngineFailed(f"{name} ended with status {process.returncode}: see {self.folder}/{name}.log")
        return True

    def cancel_jobs(self) -> None:
        """Cancels every job that runs, and waits until all have ended."""
        for job, state in self.rest.jobs().items():
            if state not in ENDED:
                self.rest.cancel(job)
        wait_until(lambda: set(self.rest.jobs().values()) <= ENDED, CANCEL_SECS, "the jobs have ended")

    def close(self) -> None:
        """Ends its processes, and with them its jobs."""
        while self._processes:
            end(self._processes.popitem()[1])

    def __enter__(self) -> "FlinkCluster":
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self, name: str, memory: str, main: str, *arguments: str) -> None:
        java_flags = [one for one in arguments if one.startswith("-XX")]
        rest = [one for one in arguments if one not in java_flags]
        command = [self._java, memory, *java_flags, *JAVA_FLAGS, "-cp", f"{self._jars}/*", main, *rest]
        self._processes[name] = start(command, self.folder / f"{name}.log")

    def _job_server_flags(self) -> list[str]:
        return [
            f"--flink-master={self.rest.address}",
            "--job-host=localhost",
            f"--job-port={self._job_port}",
            f"--artifact-port={self._artifact_port}",
            f"--expansion-port={self._expansion_port}",
            f"--artifacts-dir={self.folder}/artifacts",
        ]

    def _slots(self) -> int:
        with contextlib.suppress(OSError):
            return self.rest.slots()
        return 0
