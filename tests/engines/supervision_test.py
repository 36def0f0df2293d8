"""A supervised job starts again when it broke off, drains when asked to, and leaves nothing behind."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from pipelines.engines.flink.cluster import FlinkCluster
from pipelines.engines.flink.rest import ENDED
from pipelines.engines.flink.workers import WorkerPool
from tests.engines.small_stream import SmallStream
from tests.pipelines.conftest import eventually

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]

SECS = 150.0
Supervised = Callable[[Sequence[str]], psutil.Popen]


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
        for one in _of(process):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        process.wait(30)


def _of(process: psutil.Popen) -> list[psutil.Process]:
    """It and all that it has started."""
    try:
        return [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return []


def _launcher(process: psutil.Popen) -> psutil.Process:
    (found,) = (child for child in process.children() if "tests.engines.small_graph" in child.cmdline())
    return found


def _gone(processes: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


def test_on_prism_a_job_whose_worker_was_killed_starts_again_and_nothing_is_lost(
    prism_flags: list[str], small_stream: SmallStream, supervised: Supervised
) -> None:
    process = supervised(prism_flags)
    small_stream.publish(0, 50)
    eventually(lambda: len(small_stream.came()) == 50)

    small_stream.publish(50, 50)
    _launcher(process).kill()
    small_stream.publish(100, 50)

    eventually(lambda: small_stream.came() == set(range(150)))
    everything = _of(process)
    process.terminate()
    assert process.wait(60) == 0
    eventually(lambda: _gone(everything))


def test_prism_and_the_launcher_die_with_their_supervisor(
    prism_flags: list[str], small_stream: SmallStream, supervised: Supervised
) -> None:
    process = supervised(prism_flags)
    small_stream.publish(0, 10)
    eventually(lambda: len(small_stream.came()) == 10)
    everything = _of(process)
    assert any("prism" in one.name() for one in everything)

    process.kill()

    eventually(lambda: _gone(everything))


def test_on_flink_a_job_outlives_its_launcher_is_not_started_twice_and_ends_when_it_has_drained(
    flink: FlinkCluster, flink_workers: Callable[..., WorkerPool], small_stream: SmallStream, supervised: Supervised
) -> None:
    before = set(flink.rest.jobs())
    process = supervised([*flink.flags, *flink_workers().flags])
    small_stream.publish(0, 50)
    eventually(lambda: len(small_stream.came()) == 50, SECS)

    _launcher(process).kill()
    small_stream.publish(50, 50)
    eventually(lambda: len(small_stream.came()) == 100, SECS)
    process.send_signal(signal.SIGTERM)

    assert process.wait(SECS) == 0
    jobs = {job: state for job, state in flink.rest.jobs().items() if job not in before}
    assert len(jobs) == 1
    assert set(jobs.values()) <= ENDED
    assert os.path.exists(small_stream.stop_file) is False
