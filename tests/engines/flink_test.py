"""On a Flink cluster with two worker processes nothing is lost, whatever dies; a supervised job drains there."""

import os
import signal
from collections.abc import Callable, Sequence

import psutil
import pytest

from pipelines.engines.flink.cluster import FlinkCluster
from pipelines.engines.flink.workers import WorkerPool
from tests.engines.small_stream import SmallStream
from tests.engines.supervised import launcher_of
from tests.pipelines.conftest import eventually

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]

SECS = 150.0  # for a job to start, or to start again


def test_nothing_is_lost_when_a_worker_the_task_manager_and_the_launcher_are_killed(
    flink: FlinkCluster,
    flink_workers: Callable[..., WorkerPool],
    small_stream: SmallStream,
    supervised: Callable[[Sequence[str]], psutil.Popen],
) -> None:
    before = set(flink.rest.jobs())
    pool = flink_workers()
    supervisor = supervised([*flink.flags, *pool.flags])
    small_stream.publish(0, 100)
    eventually(lambda: small_stream.came() == set(range(100)), SECS)
    assert len(pool.pids()) == 2, "Flink has not asked for a second worker process"

    small_stream.publish(100, 50)
    killed = pool.pids()[0]
    os.kill(killed, signal.SIGKILL)
    small_stream.publish(150, 50)
    eventually(lambda: small_stream.came() == set(range(200)), SECS)
    assert killed not in pool.pids()

    small_stream.publish(200, 50)
    launcher_of(supervisor).kill()
    flink.kill_task_manager()
    small_stream.publish(250, 50)
    flink.start_task_manager()
    eventually(lambda: small_stream.came() == set(range(300)), SECS)

    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(SECS) == 0
    jobs = {job: state for job, state in flink.rest.jobs().items() if job not in before}
    assert list(jobs.values()) == ["CANCELED"], "one job, and it ended when it had drained"
