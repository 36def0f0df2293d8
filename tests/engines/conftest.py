"""The small graph as a running job, with a subscription of its own."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from pipelines.engines.child_process import kill
from tests.engines.small_stream import SmallStream
from tests.engines.supervised import everything_of

Supervised = Callable[[Sequence[str]], psutil.Popen]


@pytest.fixture
def small_stream(pubsub_address: str, tmp_path: Path) -> SmallStream:
    """A topic, a subscription and the flags of a small graph that reads it; nothing runs yet."""
    return SmallStream(tmp_path)


@pytest.fixture
def launch(project: Path, tmp_path: Path) -> Iterator[Callable[[Sequence[str]], "subprocess.Popen[bytes]"]]:
    """Runs the small graph with these flags in a process of its own."""
    launched: list[subprocess.Popen[bytes]] = []

    def begin(flags: Sequence[str]) -> "subprocess.Popen[bytes]":
        with (tmp_path / "launched.log").open("ab") as log:
            command = [sys.executable, "-m", "tests.engines.small_graph", *flags]
            launched.append(
                subprocess.Popen(command, cwd=project, stdout=log, stderr=log, start_new_session=True, env=os.environ)
            )
        return launched[-1]

    yield begin
    for process in launched:
        kill(process)


@pytest.fixture
def supervised(project: Path, small_stream: SmallStream, tmp_path: Path) -> Iterator[Supervised]:
    """Runs a supervisor of the small graph with these flags of Beam's."""
    started: list[psutil.Popen] = []

    def begin(flags: Sequence[str]) -> psutil.Popen:
        command = [sys.executable, "-m", "tests.engines.supervised"]
        where = ["tests.engines.small_graph", str(small_stream.stop_file), *small_stream.flags]
        with (tmp_path / "supervised.log").open("ab") as log:
            started.append(psutil.Popen([*command, *where, *flags], cwd=project, stdout=log, stderr=subprocess.STDOUT))
        return started[-1]

    yield begin
    for process in started:
        for one in everything_of(process):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        process.wait(30)
