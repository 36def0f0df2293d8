"""Jobs of BigQuery that run once, however often they are asked for."""

import functools
import time
from collections.abc import Callable, Mapping
from typing import Any

import google.auth.exceptions
from google.api_core.exceptions import Conflict, GoogleAPICallError, NotFound
from google.cloud import bigquery

from transforms.bigquery.connection import WarehouseUnavailable
from transforms.bigquery.inserts import worth_secs
from transforms.bigquery.refusals import WarehouseRefused, explained
from transforms.bigquery.retries import Retries

__all__ = ["NO_RETRY", "PATIENCE_SECS", "Begin", "JobRefused", "run_once"]

PATIENCE_SECS = 900.0
"""How long a job that BigQuery has no room for, or answers to that do not come, are tried again."""
JOB_SECS = 6 * 3600.0
"""After which a load job fails by itself (https://cloud.google.com/bigquery/quotas#load_jobs)."""
_POLL_SECS = (0.1, 5.0)
# https://cloud.google.com/bigquery/docs/error-messages
_PASSING = {
    *("backendError", "internalError", "quotaExceeded", "rateLimitExceeded", "jobBackendError", "jobInternalError"),
    *("jobRateLimitExceeded", "tableUnavailable", "timeout"),
}
# https://cloud.google.com/bigquery/docs/data-manipulation-language#dml_statement_conflicts, whatever their reason is
_PASSING_WORDS = ("Could not serialize access", "Too many DML statements outstanding")
_NOT_OF_THE_DATA = {"accessDenied", "notFound", "billingNotEnabled", "blocked", "stopped"}
NO_RETRY: Any = None
"""The client's own tries do not know which job has been started."""

Begin = Callable[[str], Any]
"""Starts a job under an id."""


class JobRefused(Exception):
    """BigQuery will not do this, however often it is asked.

    Attributes:
      reason: BigQuery's own, of the first error.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class _TryAgain(Exception):
    """The job failed of what passes; another one, with another id, has to be started."""


def run_once(
    client: bigquery.Client,
    begin: Begin,
    job_id: str,
    location: str | None,
    *,
    retries: Retries | None = None,
    hopeless: frozenset[str] = frozenset(),
) -> None:
    """Runs a job to its success.

    Its id is made from what it does. So a job that was started already, by a bundle that was lost or by a request
    whose answer was, is waited for and not started again. One that failed of what passes has successors `ID-2`, ...

    Args:
      begin: starts it; raises Conflict when there is such a job.
      location: of the dataset, without which a job outside of the US and the EU is not found.
      retries: None for PATIENCE_SECS.
      hopeless: reasons that would pass, for which the caller knows something better than to wait.

    Raises:
      JobRefused: for what it was to do; nothing is done then (jobs are atomic).
      WarehouseUnavailable, WarehouseRefused
    """
    once = _Once(client, begin, job_id, location, hopeless)
    with explained("BigQuery"):
        try:
            (retries or Retries(PATIENCE_SECS)).run(once.attempt, _worth_secs)
        except (_TryAgain, TimeoutError) as error:
            raise WarehouseUnavailable(f"BigQuery: job {job_id}: {error}") from error


def _worth_secs(error: Exception) -> float:
    if isinstance(error, google.auth.exceptions.RefreshError):
        return 0.0
    return float("inf") if isinstance(error, _TryAgain) else worth_secs(error)


class _Once:
    """One job, and what became of its predecessors."""

    def __init__(
        self, client: bigquery.Client, begin: Begin, job_id: str, location: str | None, hopeless: frozenset[str]
    ) -> None:
        self._client = client
        self._begin = begin
        self._job_id = job_id
        self._location = location
        self._hopeless = hopeless
        self._number = 1
        self._is_asked_for = False

    def attempt(self) -> None:
        """Starts or finds the job and waits for its end; what is left of earlier tries is passed over."""
        while True:
            job, is_found = self._started()
            self._wait(job)
            if not job.error_result:
                return
            said = self._what_passes(job)
            self._number += 1
            self._is_asked_for = False
            if not is_found:
                raise _TryAgain(said)

    def _started(self) -> tuple[Any, bool]:
        """The job, and whether it was there already."""
        job_id = self._job_id if self._number == 1 else f"{self._job_id}-{self._number}"
        if self._is_asked_for:  # the answer was lost: the files need not be sent again to learn that it is there
            try:
                return self._found(job_id), False
            except NotFound:
                pass
        self._is_asked_for = True
        try:
            return self._begin(job_id), False
        except Conflict:
            return self._found(job_id), True
        except GoogleAPICallError as error:
            reason = _reason(error.errors)
            if error.code == 400 or reason in self._hopeless:
                raise JobRefused(reason, error.message or reason) from error
            raise

    def _found(self, job_id: str) -> Any:
        return self._client.get_job(job_id, location=self._location, retry=NO_RETRY, timeout=60)

    def _wait(self, job: Any) -> None:
        end, pause = time.monotonic() + JOB_SECS, _POLL_SECS[0]
        while job.state != "DONE":
            if time.monotonic() > end:
                raise TimeoutError(f"it has not ended within {JOB_SECS / 3600:.0f} hours")
            time.sleep(pause)
            pause = min(2 * pause, _POLL_SECS[1])
            Retries(PATIENCE_SECS).run(functools.partial(job.reload, retry=NO_RETRY, timeout=60), _worth_secs)

    def _what_passes(self, job: Any) -> str:
        """What a failed job says, if another one may succeed."""
        errors = [job.error_result, *(error for error in job.errors or () if error != job.error_result)]
        reason, said = _reason(errors), _said(errors)
        if reason in _NOT_OF_THE_DATA:
            raise WarehouseRefused(f"BigQuery: {said}")
        passes = reason in _PASSING or any(words in said for words in _PASSING_WORDS)
        if not passes or reason in self._hopeless:
            raise JobRefused(reason, said)
        return said


def _reason(errors: Any) -> str:
    return next((str(one["reason"]) for one in errors or () if isinstance(one, Mapping) and one.get("reason")), "")


def _said(errors: list[Mapping[str, str]], most: int = 3) -> str:
    """BigQuery's own words, without repetitions."""
    words = [" ".join(filter(None, (one.get("location"), one.get("message")))) for one in errors]
    return "; ".join(list(dict.fromkeys(words))[:most])[:2000]
