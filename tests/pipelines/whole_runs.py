"""Whole runs of sources: as processes, whose every one can be found again, or inside the test's own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.options import ScrapeOptions
from pipelines.preparation import prepared
from pipelines.runners import local_flags
from pipelines.scrape import run


class Project:
    """A folder with sources, and the runs of them.

    All processes of a run carry a mark in their environment, so that those left behind can be found.
    """

    def __init__(self, folder: Path, checkout: Path) -> None:
        self.folder = folder
        self.sources = folder / "sources"
        self.output = folder / "out"
        self.sources.mkdir()
        self._checkout = checkout
        self._mark = f"SCRAPELINE_TEST={folder}"
        self._started: list[subprocess.Popen[bytes]] = []

    def write(self, name: str, text: str) -> None:
        """Writes a file of the sources folder."""
        (self.sources / name).write_text(text)

    def start(
        self, *words: str, module: str = "pipelines", env: dict[str, str] | None = None, **popen: Any
    ) -> "subprocess.Popen[bytes]":
        """Starts a command in a session of its own; its words end up in the files `said` and `errors`."""
        environment = {**os.environ, "SCRAPELINE_TEST": str(self.folder), **(env or {})}
        with (self.folder / "said").open("wb") as said, (self.folder / "errors").open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *words],
                cwd=self._checkout,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=errors,
                start_new_session=True,
                **popen,
            )
        self._started.append(process)
        return process

    def run_words(self, *words: str) -> list[str]:
        """`run` with the folders of this project."""
        return ["run", *words, "--sources", str(self.sources), "--output", str(self.output)]

    def run(self, *words: str, secs: float = 100, **popen: Any) -> int:
        """A whole `scrapeline run`; its exit status."""
        return self.start(*self.run_words(*words), **popen).wait(secs)

    def scrape(self, *flags: str) -> int:
        """A whole run inside this process, with flags of `pipelines.scrape`: quicker, and nothing to kill."""
        words = [f"--sources={self.sources}", f"--output={self.output}", *flags]
        options = PipelineOptions(words).view_as(ScrapeOptions)
        with prepared(options) as (job, _):
            return run(job, local_flags(words, 1), options.rows_file, wait=True)

    def said(self) -> str:
        return (self.folder / "said").read_text()

    def errors(self) -> str:
        return (self.folder / "errors").read_text()

    def everything_said(self) -> str:
        """Of the command and of the processes that it started: for the message of a failed test."""
        logs = [path.read_text() for path in sorted(self.output.glob(".scrapeline/launches/*/*.log"))]
        return "\n".join([self.said(), self.errors(), *logs])

    def records(self, kind: str) -> list[dict[str, Any]]:
        """Everything under final names: `rows`, `dead_letters` or `executions`."""
        found: list[dict[str, Any]] = []
        for path in sorted((self.output / kind).rglob("*.*")):
            if path.suffix == ".parquet":
                found += pq.read_table(path, partitioning=None).to_pylist()
            elif path.suffix == ".jsonl":
                found += [json.loads(line) for line in path.read_text().splitlines()]
        return found

    def execution(self) -> dict[str, Any]:
        """The only execution there is."""
        [execution] = self.records("executions")
        return execution

    def processes(self, *, command: str = "") -> list[int]:
        """Living processes of this project's runs whose command line holds this."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                marked = self._mark.encode() in (process / "environ").read_bytes().split(b"\0")
                words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if marked and command in words:
                found.append(int(process.name))
        return found

    def workers(self) -> list[int]:
        """Worker processes: forked by the launching one, or Beam's own, without the shells around them."""
        shells = set(self.processes(command="sh -c"))
        own = [pid for pid in self.processes(command="sdk_worker_main") if pid not in shells]
        return own + [pid for pid in self.processes(command="pipelines.scrape") if pid not in self.pipelines()]

    def pipelines(self) -> list[int]:
        """Processes that launched a pipeline."""
        found = self.processes(command="pipelines.scrape")
        return [pid for pid in found if _parent(pid) not in found]

    def under_construction(self) -> list[Path]:
        """Files that no reader should see yet."""
        return [path for path in (self.output / ".scrapeline" / "runs").glob("*/attempt-*/*") if path.is_file()]

    def end(self) -> None:
        """Ends what a test left running."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        for process in self._started:
            process.wait(10)


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
