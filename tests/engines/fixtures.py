"""Fixtures of the engines; each is found or started when a test first asks for it."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.engines.flink.cluster import FlinkCluster
from pipelines.engines.flink.jars import FlinkMissing
from pipelines.engines.flink.workers import WorkerPool
from pipelines.engines.prism import PrismMissing, find_prism
from pipelines.engines.stream import NO_SPLITS
from tests.pipelines.streaming.pubsub_emulator import emulator_jar, running


@pytest.fixture(scope="session")
def prism() -> Path:
    """The program Prism."""
    try:
        return find_prism()
    except PrismMissing as missing:
        pytest.skip(f"needs: Prism ({missing})")


@pytest.fixture(scope="session")
def prism_flags(prism: Path) -> list[str]:
    """Beam's flags that run a pipeline of this process on a Prism of its own, with the workers in this process."""
    return [
        "--runner=PrismRunner",
        f"--prism_location={prism}",
        "--job_port=0",
        "--environment_type=LOOPBACK",
        "--experiments=disable_prism_server_singleton",
        f"--experiments={NO_SPLITS}",
    ]


@pytest.fixture(scope="session")
def flink_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlinkCluster]:
    """A Flink cluster, one a session; its logs stay in pytest's temporary folder. Tests take `flink`."""
    try:
        cluster = FlinkCluster(tmp_path_factory.mktemp("flink"))
    except FlinkMissing as missing:
        pytest.skip(f"needs: {missing}")
    with cluster:
        yield cluster


@pytest.fixture
def flink(flink_cluster: FlinkCluster) -> Iterator[FlinkCluster]:
    """The Flink cluster of the session, with no job on it before and after the test."""
    flink_cluster.cancel_jobs()
    yield flink_cluster
    flink_cluster.cancel_jobs()


@pytest.fixture
def flink_workers(flink: FlinkCluster, tmp_path: Path) -> Iterator[Callable[..., WorkerPool]]:
    """Starts a pool of workers with these environment variables; `[*flink.flags, *pool.flags]` runs a job there."""
    with contextlib.ExitStack() as opened:
        yield lambda **variables: opened.enter_context(WorkerPool(tmp_path / "worker_pool.log", variables))
        flink.cancel_jobs()


@pytest.fixture
def pubsub_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """HOST:PORT of a Pub/Sub emulator; this process's clients, and its children's, lead there."""
    jar = emulator_jar()
    if jar is None:
        pytest.skip("needs: the Pub/Sub emulator of the Cloud SDK, and Java")
    with running(jar, tmp_path / "pubsub_emulator.log") as address:
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", address)
        yield address
