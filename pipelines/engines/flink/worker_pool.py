"""`python -m pipelines.engines.flink.worker_pool PORT`: Beam's worker pool, for programs of this machine alone.

Beam's own program listens on every interface and asks nobody who they are: who reaches it may have any code run.
"""

import sys

import grpc
from apache_beam.portability.api import beam_fn_api_pb2_grpc
from apache_beam.runners.worker.worker_pool_main import BeamFnExternalWorkerPoolServicer
from apache_beam.utils import thread_pool_executor

__all__ = ["main"]

_OPTIONS = [("grpc.http2.max_pings_without_data", 0), ("grpc.http2.max_ping_strikes", 0)]
"""As Beam's own: workers may ping while nothing is to be said."""


def main(port: int) -> None:
    """Serves until the process is ended; whoever ends it ends its workers, which are of the same session."""
    server = grpc.server(thread_pool_executor.shared_unbounded_instance(), options=_OPTIONS)
    server.add_insecure_port(f"localhost:{port}")
    pool = BeamFnExternalWorkerPoolServicer(use_process=True, data_buffer_time_limit_ms=-1)
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(pool, server)
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main(int(sys.argv[1]))
