"""A fake of BigQuery's REST API that refuses what BigQuery refuses, in this process, for tests.

It is a fake. It follows what BigQuery documents (each strict_*.py cites its pages), and where it quotes BigQuery, the
words are those that people got from it. It keeps rows in memory, knows load jobs of newline-delimited JSON and a
handful of SQL statements, and asks for no credentials.

What it does not know: cost, slots, permissions, locations; quotas other than sizes (faults stand in for them); copies,
extracts, scripts, DML but DELETE; other formats than JSON lines; the Storage APIs; ALTER TABLE. Views are kept, not
run. Tables are known everywhere at once (BigQuery may not know a new one for minutes when rows are inserted). insertIds
are remembered until `forget_insert_ids()` (BigQuery: a minute or so, at its best effort: rely on neither). An insert
names every wrong column of a row; BigQuery may name only some.
"""

import json
import threading
from collections.abc import Callable
from typing import Any

from tests.bigquery_servers.strict_faults import Cut, Fault, Faults
from tests.bigquery_servers.strict_http import Answer, Call, Wire
from tests.bigquery_servers.strict_inserts import InsertLimits
from tests.bigquery_servers.strict_jobs import Job, Jobs
from tests.bigquery_servers.strict_queries import Handler
from tests.bigquery_servers.strict_refusals import Refusal
from tests.bigquery_servers.strict_routes import Api, Request, method_of
from tests.bigquery_servers.strict_tables import Tables
from tests.bigquery_servers.strict_uploads import Uploads

__all__ = ["PROJECT", "StrictBigQuery"]

PROJECT = "proj-x"
LOCATION = "US"
TOO_LARGE = "<!DOCTYPE html>\n<title>Error 413 (Request Entity Too Large)!!1</title>"


class StrictBigQuery:
    """The running fake.

    Attributes:
      requests: of each, in order of arrival, method and path (`POST /bigquery/v2/projects/...`), without its query.
      limits: sizes of inserts; tests may lower them.
      files: content by `gs://` address, for load jobs with sourceUris.
      read_uri: gives the content of a `gs://` address; by itself it looks in `files`.
    """

    project = PROJECT

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.limits = InsertLimits()
        self.files: dict[str, bytes] = {}
        self.read_uri: Callable[[str], bytes] = self._file
        self._lock = threading.Lock()
        self._faults = Faults()
        self._tables = Tables(LOCATION)
        self._jobs = Jobs(self._tables, LOCATION, lambda uri: self.read_uri(uri))
        self._api = Api(self._tables, self._jobs, self.limits)
        self._uploads = Uploads(self._jobs)
        self._wire = Wire(self._order_fault, self._answer)

    @property
    def url(self) -> str:
        return self._wire.url

    @property
    def environment(self) -> dict[str, str]:
        """Variables by which clients, also those of other processes, find this server."""
        return {"BIGQUERY_EMULATOR_HOST": self.url, "GOOGLE_CLOUD_PROJECT": self.project}

    @property
    def jobs(self) -> list[Job]:
        """All, oldest first."""
        return list(self._jobs.all)

    @property
    def faults_left(self) -> int:
        """Ordered and not yet met."""
        return len(list(self._faults)) + len(self._jobs.failures)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Rows of `dataset.table` or `project.dataset.table`, with values as Google's client gives them back.

        Raises:
          Refusal: there is no such table.
        """
        return [dict(row.values) for row in self._tables.table(*self._place(table)).rows]

    def resource(self, table: str) -> dict[str, Any]:
        """What `tables.get` says."""
        return self._tables.table(*self._place(table)).described()

    def fail_next(
        self,
        method: str,
        *,
        status: int = 503,
        reason: str = "",
        message: str = "asked for by a test",
        times: int = 1,
        cut: Cut = "",
        until: threading.Event | None = None,
    ) -> None:
        """Orders faults for the next requests of a method.

        Args:
          method: `insertAll`, `jobs.insert` (uploads too), `jobs.upload` (chunks of resumable ones), `jobs.get`, ...
          status: of the answer; nothing else is done. 200: the request is served.
          reason: BigQuery's; empty: the usual one of that status. quotaExceeded and rateLimitExceeded come with 403.
          cut: the connection is reset instead of an answer, `before` or `after` the request has had its effect.
          until: is waited for first: a slow answer (a minute at most).
        """
        refusal = None if cut or status == 200 else Refusal(status, message, reason)
        self._faults.order(method, Fault(refusal, cut, until), times)

    def fail_next_job(self, reason: str = "backendError", message: str = "asked for by a test", times: int = 1) -> None:
        """The next jobs are taken and end with this error, without an effect."""
        self._jobs.failures += [Refusal(400, message, reason)] * times

    def hold_jobs(self, polls: int) -> None:
        """New jobs are done, and do what they do, only after they have been asked for so often; 0: at once."""
        self._jobs.polls_until_done = polls

    def answer_queries(self, handler: Handler) -> None:
        """Adds answers to statements that the fake does not know; it is asked before the fake is."""
        self._jobs.handlers.append(handler)

    def flush_streaming_buffer(self) -> None:
        """What was inserted can be deleted from now on."""
        for table in self._tables:
            for row in table.rows:
                row.buffered = False

    def forget_insert_ids(self) -> None:
        """As BigQuery does after a minute or so."""
        for table in self._tables:
            table.insert_ids.clear()

    def close(self) -> None:
        self._wire.close()

    def _place(self, table: str) -> tuple[str, str, str]:
        project, dataset, name = [self.project, *table.split(".")][-3:]
        return project, dataset, name

    def _file(self, uri: str) -> bytes:
        if uri not in self.files:
            raise Refusal(404, f"Not found: URI {uri}")
        return self.files[uri]

    def _order_fault(self, call: Call) -> None:
        with self._lock:
            self.requests.append(f"{call.verb} {call.path}")
            call.fault = self._faults.take(method_of(call.verb, call.path)[0])

    def _answer(self, call: Call) -> Answer:
        try:
            with self._lock:
                if call.fault.refusal:
                    raise call.fault.refusal
                return self._served(call)
        except Refusal as refusal:
            if refusal.html is not None:
                return refusal.status, {"Content-Type": "text/html; charset=UTF-8"}, refusal.html.encode()
            return as_json(refusal.status, {}, refusal.body())

    def _served(self, call: Call) -> Answer:
        method, names = method_of(call.verb, call.path)
        if not method:
            raise Refusal(404, f"This fake has no {call.verb} {call.path}")
        if method == "tabledata.insertAll":
            self._check_size(len(call.body))
        if not call.path.startswith("/upload/"):
            return as_json(200, {}, self._api.call(method, Request(names, call.query, call.headers, call.json())))
        if method == "jobs.upload":
            done = self._uploads.put(call.query.get("upload_id", ""), call.headers.get("content-range", ""), call.body)
        else:
            kind, content_type = call.query.get("uploadType", ""), call.headers.get("content-type", "")
            done = self._uploads.start(names["project"], kind, content_type, call.body, self.url + call.path)
        return as_json(done.status, done.headers, done.body)

    def _check_size(self, size: int) -> None:
        """Googleapis/google-cloud-go#2855 and googleapis/python-bigquery#1409."""
        if size > self.limits.front_end_bytes:
            raise Refusal(413, "Request Entity Too Large", html=TOO_LARGE)
        if size > self.limits.request_bytes:
            words = f"Request payload size exceeds the limit: {self.limits.request_bytes} bytes."
            raise Refusal(400, words, "badRequest")


def as_json(status: int, headers: dict[str, str], body: dict[str, Any] | None) -> Answer:
    content = b"" if body is None else json.dumps(body).encode()
    return status, {**headers, "Content-Type": "application/json; charset=UTF-8"}, content
