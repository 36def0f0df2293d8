"""Flink's REST interface: which jobs there are, how they are, and their end."""

import functools
import http.client
import json
from typing import Any

__all__ = ["ENDED", "FlinkRest"]

ANSWER_SECS = 30.0
END_OF_TIME = 2**63 - 1
"""Milliseconds: the watermark of an input that has ended."""
ENDED = frozenset({"FINISHED", "CANCELED", "FAILED"})
"""States that a job does not leave."""


class FlinkRest:
    """Asks the JobManager at HOST:PORT.

    Every method raises OSError when it does not answer, or refuses.
    """

    def __init__(self, address: str) -> None:
        self.address = address

    def slots(self) -> int:
        """How many slots the task managers offer together."""
        return int(self._get("/overview")["slots-total"])

    def jobs(self) -> dict[str, str]:
        """States by the job's id, also of jobs that have ended."""
        return {job["id"]: job["status"] for job in self._get("/jobs")["jobs"]}

    def states(self, name: str) -> dict[str, str]:
        """The same of the jobs that `--job_name` gave this name."""
        return {job["jid"]: job["state"] for job in self._get("/jobs/overview")["jobs"] if job["name"] == name}

    def state(self, job: str) -> str:
        """RUNNING, RESTARTING, FAILED, ...; RUNNING says nothing of its tasks."""
        return str(self._get(f"/jobs/{job}")["state"])

    def runs(self, job: str) -> bool:
        """Whether all of its tasks are running."""
        found = self._get(f"/jobs/{job}")
        return found["state"] == "RUNNING" and all(vertex["status"] == "RUNNING" for vertex in found["vertices"])

    def checkpoints(self, job: str) -> int:
        """How many were completed."""
        return int(self._get(f"/jobs/{job}/checkpoints")["counts"]["completed"])

    def drained(self, job: str) -> bool:
        """Whether all of its tasks have been told that nothing comes any more.

        Such a job runs on all the same: with checkpoints Beam keeps the sources of a Flink job open (FLINK-2491).
        """
        vertices = [vertex["id"] for vertex in self._get(f"/jobs/{job}")["vertices"]]
        return all(map(functools.partial(self._has_ended, job), vertices))

    def failures(self, job: str) -> list[str]:
        """What its restarts were for, latest first, a line each."""
        entries = self._get(f"/jobs/{job}/exceptions")["exceptionHistory"]["entries"]
        return [entry["stacktrace"].splitlines()[0] for entry in entries]

    def cancel(self, job: str) -> None:
        """Ends a job without drain; of one that has ended, does nothing."""
        self._ask("PATCH", f"/jobs/{job}?mode=cancel", accepted=(202, 404, 409))

    def _has_ended(self, job: str, vertex: str) -> bool:
        """Of a source, which has no input, Flink says no watermark."""
        marks = json.loads(self._ask("GET", f"/jobs/{job}/vertices/{vertex}/watermarks", accepted=(200,)))
        return all(int(mark["value"]) == END_OF_TIME for mark in marks)

    def _get(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._ask("GET", path, accepted=(200,)))
        return found

    def _ask(self, method: str, path: str, accepted: tuple[int, ...]) -> bytes:
        connection = http.client.HTTPConnection(self.address, timeout=ANSWER_SECS)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            body = answer.read()
        except http.client.HTTPException as error:
            raise OSError(f"Flink at {self.address} does not answer: {error!r}") from error
        finally:
            connection.close()
        if answer.status not in accepted:
            raise OSError(f"Flink at {self.address}: {method} {path}: {answer.status} {body[:500]!r}")
        return body
