"""On a Flink cluster with two worker processes nothing is lost, whatever dies."""

import os
import signal
import subprocess
from collections.abc import Callable, Sequence

import pytest

from pipelines.engines.flink.cluster import FlinkCluster
from pipelines.engines.flink.workers import WorkerPool
from tests.engines.small_stream import SmallStream
from tests.pipelines.conftest import eventually

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]

SECS = 150.0  # for a job to start, or to start again
Launch = Callable[[Sequence[str]], "subprocess.Popen[bytes]"]


def test_nothing_is_lost_when_workers_and_the_task_manager_are_killed(
    flink: FlinkCluster, flink_workers: Callable[..., WorkerPool], small_stream: SmallStream, launch: Launch
) -> None:
    pool = flink_workers()
    launch([*small_stream.flags, *flink.flags, *pool.flags])
    small_stream.publish(0, 100)
    eventually(lambda: len(small_stream.came()) == 100, SECS)
    assert len(small_stream.pids()) >= 2, "one worker process did it all"

    small_stream.publish(100, 50)
    killed = pool.pids()[0]
    os.kill(killed, signal.SIGKILL)
    small_stream.publish(150, 50)
    eventually(lambda: small_stream.came() == set(range(200)), SECS)
    assert killed not in pool.pids()

    small_stream.publish(200, 50)
    flink.kill_task_manager()
    small_stream.publish(250, 50)
    flink.start_task_manager()
    eventually(lambda: small_stream.came() == set(range(300)), SECS)

    (job,) = (job for job, state in flink.rest.jobs().items() if state == "RUNNING")
    small_stream.publish(300, 50)
    eventually(lambda: len(small_stream.came()) > 300, SECS)
    small_stream.stop_file.touch()
    eventually(lambda: flink.rest.drained(job), SECS)
    assert flink.rest.state(job) == "RUNNING", "Flink ends a drained job by itself: the supervisor need not"
