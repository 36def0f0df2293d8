"""Jobs of the fake BigQuery: load and query, each id once in a project and location.

https://cloud.google.com/bigquery/docs/reference/rest/v2/Job, https://cloud.google.com/bigquery/docs/running-jobs
("generate a job ID": a second request with the same id is answered with 409, whatever became of the first job).
"""

import dataclasses
import itertools
import re
import time
from collections.abc import Callable
from typing import Any

from tests.bigquery_servers.strict_loads import LoadFailed, load
from tests.bigquery_servers.strict_queries import Answer, Handler, parameters_of, run_statement
from tests.bigquery_servers.strict_refusals import Refusal, already_exists, not_found, refused
from tests.bigquery_servers.strict_tables import Tables

__all__ = ["Job", "Jobs"]

_JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,1024}")


@dataclasses.dataclass(slots=True)
class Job:
    """A job and what became of it.

    Attributes:
      polls: how often it is still to be asked for before it is done; its work is done at its end.
      errors: of a failed job, the first is its errorResult; of one that succeeded, rows that were left out.
    """

    project: str
    job_id: str
    location: str
    configuration: dict[str, Any]
    upload: bytes | None
    polls: int
    state: str = "RUNNING"
    failed: bool = False
    errors: list[Refusal] = dataclasses.field(default_factory=list)
    answer: Answer = dataclasses.field(default_factory=Answer)
    statistics: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def kind(self) -> str:
        return "load" if "load" in self.configuration else "query"

    def resource(self, state: str = "") -> dict[str, Any]:
        """What `jobs.get` says; a job that is done can be shown as it was before."""
        name = {"projectId": self.project, "jobId": self.job_id, "location": self.location}
        status: dict[str, Any] = {"state": state or self.state}
        if status["state"] == "DONE" and self.errors:
            status["errors"] = [error.proto for error in self.errors]
            if self.failed:
                status["errorResult"] = self.errors[0].proto
        full = f"{self.project}:{self.location}.{self.job_id}"
        return {
            "kind": "bigquery#job",
            "id": full,
            "jobReference": name,
            "configuration": {**self.configuration, "jobType": self.kind.upper()},
            "status": status,
            "statistics": self.statistics,
        }


class Jobs:
    """Takes jobs and runs them.

    Attributes:
      polls_until_done: how often a new job is asked for before it is done.
      failures: errors of the next jobs, which do nothing else.
      handlers: asked for a statement's answer before the fake itself.
    """

    def __init__(self, tables: Tables, location: str, fetch: Callable[[str], bytes]) -> None:
        self.polls_until_done = 0
        self.failures: list[Refusal] = []
        self.handlers: list[Handler] = []
        self.all: list[Job] = []
        self._tables = tables
        self._location = location
        self._fetch = fetch
        self._numbers = itertools.count(1)

    def insert(self, project: str, resource: dict[str, Any], upload: bytes | None = None) -> dict[str, Any]:
        """Answers before the job is done, as BigQuery does; a dry run is no job, and its statement is not looked at.

        Raises:
          Refusal
        """
        reference, configuration = resource.get("jobReference", {}), resource.get("configuration", {})
        job_id = reference.get("jobId") or f"job_{next(self._numbers)}"
        location = reference.get("location") or self._location
        if not _JOB_ID.fullmatch(job_id):
            raise refused(f'Invalid job ID "{job_id}"')
        if not {"load", "query"} & configuration.keys():
            raise refused("This fake runs load and query jobs only")
        if any((job.project, job.location, job.job_id) == (project, location, job_id) for job in self.all):
            raise already_exists("Job", f"{project}:{location}.{job_id}")
        job = Job(project, job_id, location, configuration, upload, self.polls_until_done)
        if configuration.get("dryRun"):
            return job.resource("DONE")
        job.statistics["creationTime"] = job.statistics["startTime"] = now_ms()
        self.all.append(job)
        if not job.polls:
            self._finish(job)
        return job.resource("RUNNING")

    def get(self, project: str, job_id: str, location: str) -> Job:
        """Raises: Refusal when there is none."""
        for job in self.all:
            if (job.project, job.job_id, job.location) == (project, job_id, location or self._location):
                if job.state != "DONE":
                    job.polls -= 1
                    if job.polls <= 0:
                        self._finish(job)
                return job
        raise not_found("Job", f"{project}:{location or self._location}.{job_id}")

    def cancel(self, project: str, job_id: str, location: str) -> Job:
        """A job that is not done yet does nothing; one that is done stays as it is."""
        job = next((one for one in self.all if (one.project, one.job_id) == (project, job_id)), None)
        if job is None:
            raise not_found("Job", f"{project}:{location or self._location}.{job_id}")
        if job.state != "DONE":
            self._end(job, [refused("Job execution was cancelled: User requested cancellation", "stopped")])
        return job

    def _finish(self, job: Job) -> None:
        if self.failures:
            self._end(job, [self.failures.pop(0)])
            return
        try:
            self._run(job)
        except LoadFailed as error:
            self._end(job, error.errors)
        except Refusal as error:
            self._end(job, [error])
        else:
            self._end(job, [])

    def _run(self, job: Job) -> None:
        if job.kind == "query":
            job.answer = self._answer(job)
            affected = job.answer.affected
            job.statistics["query"] = {} if affected is None else {"numDmlAffectedRows": str(affected)}
            return
        loaded = load(self._tables, job.configuration["load"], job.upload, self._fetch)
        job.statistics["load"] = {"outputRows": str(loaded.rows), "badRecords": str(len(loaded.errors))}
        job.errors = loaded.errors

    def _answer(self, job: Job) -> Answer:
        config = job.configuration["query"]
        for handler in self.handlers:
            answer = handler(config["query"], parameters_of(config))
            if answer is not None:
                return answer
        return run_statement(self._tables, job.project, config)

    def _end(self, job: Job, errors: list[Refusal]) -> None:
        job.state = "DONE"
        job.statistics["endTime"] = now_ms()
        if errors:
            job.failed, job.errors = True, errors


def now_ms() -> str:
    return str(int(time.time() * 1000))
