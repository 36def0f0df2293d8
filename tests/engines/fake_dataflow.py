"""A stand-in for the Dataflow service: takes a job and keeps it. It runs nothing and refuses nothing."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["FakeDataflow"]

_JOBS = re.compile(r"/v1b3/projects/([^/]+)/(?:locations/([^/]+)/)?jobs(?:/([^/]+))?(/\w+)?")


class FakeDataflow:
    """An HTTP server on loopback. Beam wants its address spelled `localhost` to leave credentials out.

    Attributes:
      jobs: what was submitted, as the REST API's Job
        (https://cloud.google.com/dataflow/docs/reference/rest/v1b3/projects.locations.jobs#Job).
    """

    def __init__(self) -> None:
        self.jobs: list[dict[str, Any]] = []
        fake = self

        class Answers(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                self._send(fake.answer(self.path, None))

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                self._send(fake.answer(self.path, json.loads(self.rfile.read(length) or b"{}")))

            do_PUT = do_POST  # noqa: N815  the name is http.server's

            def _send(self, answer: dict[str, Any] | None) -> None:
                body = json.dumps(answer or {"error": {"code": 404, "status": "NOT_FOUND"}}).encode()
                self.send_response(200 if answer is not None else 404)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def endpoint(self) -> str:
        return f"http://localhost:{self._server.server_port}"

    def answer(self, path: str, body: dict[str, Any] | None) -> dict[str, Any] | None:
        """What the service says to a call; None: there is no such thing."""
        found = _JOBS.match(path.partition("?")[0])
        if not found:
            return None
        project, region, job_id, about = found.groups()
        if about:
            return {about.strip("/"): []}
        if job_id:
            return next((job for job in self.jobs if job["id"] == job_id), None)
        if body is None:
            return {"jobs": self.jobs}
        made = {**body, "id": f"job-{len(self.jobs)}", "projectId": project, "location": region}
        self.jobs.append({**made, "currentState": "JOB_STATE_RUNNING"})
        return self.jobs[-1]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
