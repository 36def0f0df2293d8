"""What runs the events: the one parameter of every test here."""

import dataclasses
import subprocess
from collections.abc import Callable

from tests.pipelines.conftest import eventually
from tests.pipelines.whole_runs import Project

__all__ = ["ENGINES", "LEASE", "Engine", "Running"]

LEASE = "--lease_secs=10"
"""On engines; what a dead process had comes again so long after."""


@dataclasses.dataclass(frozen=True, slots=True)
class Engine:
    """One way to run events.

    Attributes:
      words: of the command line, beside `run --streaming`.
      worker: in the command line of each process that does the work.
      own_rows_once: whether a row stands once under final names whatever dies; else `_latest` collapses doubles.
      carrier: what brings its events where the test does not say.
      pids: of those processes, where they are not the command's own.
    """

    name: str
    words: tuple[str, ...]
    worker: str
    own_rows_once: bool = True
    carrier: str = "spool"
    pids: Callable[[], list[int]] | None = None

    def start(self, project: Project, *words: str, env: dict[str, str] | None = None) -> "Running":
        """Starts the command for good."""
        given = ["run", "--streaming", *self.words, "--sources", str(project.sources), *words]
        process = project.start(*given, env=env)
        return Running(self, project, process)


ENGINES = {
    "loop": Engine("loop", (), "pipelines.streaming.process"),
    "prism": Engine(
        "prism", ("--runner=PrismRunner", LEASE), "pipelines.engines.stream", own_rows_once=False, carrier="pubsub"
    ),
}
"""By name; on a cluster `flink` is one more, that the fixture `engine` makes."""


@dataclasses.dataclass(slots=True)
class Running:
    """A command that works on events until it is stopped."""

    engine: Engine
    project: Project
    process: "subprocess.Popen[bytes]"

    def workers(self) -> list[int]:
        """Process ids of those of all commands of the project that do the work."""
        if self.engine.pids is not None:
            return self.engine.pids()
        return self.project.processes(command=self.engine.worker)

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def stop(self, status: int = 0) -> None:
        """Has it drain, and waits for its end; one that has only just begun heeds no signal yet."""
        eventually(lambda: self.workers() or self.has_ended())
        self.process.terminate()
        assert self.process.wait(90) == status, self.project.everything_said()
