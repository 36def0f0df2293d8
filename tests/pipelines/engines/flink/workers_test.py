"""Who may have workers started, and that they are started."""

from pathlib import Path
from typing import Any

import grpc
import psutil
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc, endpoints_pb2

from pipelines.engines.child_process import free_ports
from pipelines.engines.flink.workers import WorkerPool


def ask_for_a_worker(pool: WorkerPool) -> str:
    """What the pool complains of; empty for nothing."""
    nobody = endpoints_pb2.ApiServiceDescriptor(url=f"localhost:{free_ports(1)[0]}")
    asked = beam_fn_api_pb2.StartWorkerRequest(worker_id="1", control_endpoint=nobody, logging_endpoint=nobody)
    with grpc.insecure_channel(f"localhost:{pool.port}") as channel:
        answer = beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolStub(channel).StartWorker(asked, timeout=60)
    return str(answer.error)


def test_the_pool_starts_workers_for_this_machine_alone(tmp_path: Path, wait_until: Any) -> None:
    with WorkerPool(tmp_path / "log") as pool:
        opened = psutil.Process(pool._process.pid).net_connections()
        listening = {one.laddr.ip for one in opened if one.status == psutil.CONN_LISTEN}
        assert listening <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
        assert listening
        assert not ask_for_a_worker(pool)
        wait_until(pool.pids)


def test_workers_have_the_python_of_their_pool_whatever_path_they_are_given(tmp_path: Path, wait_until: Any) -> None:
    with WorkerPool(tmp_path / "log", {"PATH": str(tmp_path)}) as pool:  # there is no Python in it
        assert not ask_for_a_worker(pool)
        wait_until(pool.pids)
