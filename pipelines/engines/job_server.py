"""Beam's job server, asked by its own interface which jobs it prepares or watches."""

import socket

import grpc
from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc

__all__ = ["JobServer", "listens"]

ANSWER_SECS = 10.0
_ENDED = frozenset(
    {
        beam_job_api_pb2.JobState.DONE,
        beam_job_api_pb2.JobState.FAILED,
        beam_job_api_pb2.JobState.CANCELLED,
        beam_job_api_pb2.JobState.DRAINED,
    }
)


class JobServer:
    """At HOST:PORT. One that does not answer, or an empty address, has no jobs."""

    def __init__(self, address: str) -> None:
        self._address = address

    def live(self, name: str) -> list[str]:
        """Beam's ids of the jobs of this name that have not ended."""
        if not self._address:
            return []
        try:
            with grpc.insecure_channel(self._address) as channel:
                found = _stub(channel).GetJobs(beam_job_api_pb2.GetJobsRequest(), timeout=ANSWER_SECS)
        except grpc.RpcError:
            return []
        return [job.job_id for job in found.job_info if job.job_name == name and job.state not in _ENDED]

    def cancel(self, name: str) -> None:
        """Asks it to cancel them."""
        for job in self.live(name):
            try:
                with grpc.insecure_channel(self._address) as channel:
                    _stub(channel).Cancel(beam_job_api_pb2.CancelJobRequest(job_id=job), timeout=ANSWER_SECS)
            except grpc.RpcError:
                continue


def listens(port: int) -> bool:
    """Whether somebody listens on that port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("localhost", port)) == 0


def _stub(channel: grpc.Channel) -> beam_job_api_pb2_grpc.JobServiceStub:
    return beam_job_api_pb2_grpc.JobServiceStub(channel)
