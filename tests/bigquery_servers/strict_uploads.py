"""Uploads that start a job, in one request or resumable in many.

https://cloud.google.com/bigquery/docs/reference/api-uploads.
"""

import dataclasses
import email.parser
import email.policy
import itertools
import json
import re
from typing import Any

from tests.bigquery_servers.strict_jobs import Jobs
from tests.bigquery_servers.strict_refusals import Refusal, refused

__all__ = ["UploadAnswer", "Uploads"]

_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-(?P<last>\d+)|\*)/(?P<total>\d+|\*)")


@dataclasses.dataclass(slots=True)
class UploadAnswer:
    status: int
    headers: dict[str, str]
    body: dict[str, Any] | None = None


@dataclasses.dataclass(slots=True)
class _Session:
    project: str
    resource: dict[str, Any]
    received: bytearray = dataclasses.field(default_factory=bytearray)
    job: dict[str, Any] | None = None


class Uploads:
    """Takes uploads and starts their jobs when all of one is there."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._sessions: dict[str, _Session] = {}
        self._numbers = itertools.count(1)

    def start(self, project: str, kind: str, content_type: str, body: bytes, here: str) -> UploadAnswer:
        """A multipart upload, which is complete, or the start of a resumable one.

        Args:
          here: address of this upload, to which a session's number is added.
        """
        if kind == "multipart":
            resource, content = parts_of(content_type, body)
            return UploadAnswer(200, {}, self._jobs.insert(project, resource, content))
        if kind != "resumable":
            raise refused(f"Invalid uploadType: {kind}")
        number = str(next(self._numbers))
        self._sessions[number] = _Session(project, json.loads(body or b"{}"))
        return UploadAnswer(200, {"Location": f"{here}?uploadType=resumable&upload_id={number}"})

    def put(self, number: str, content_range: str, body: bytes) -> UploadAnswer:
        """A chunk, or the question how much is there (`bytes */...`); 308 until the last byte is known and there."""
        session = self._sessions.get(number)
        found = _RANGE.fullmatch(content_range)
        if session is None or found is None:
            raise Refusal(404, f"Not found: upload {number}")
        if session.job is not None:
            return UploadAnswer(200, {}, session.job)
        if found["first"] is not None:
            first = int(found["first"])
            if first > len(session.received) or int(found["last"]) - first + 1 != len(body):
                raise Refusal(503, "Bytes are missing")
            session.received[first:] = body
        if found["total"] == "*" or len(session.received) < int(found["total"]):
            last = len(session.received) - 1
            return UploadAnswer(308, {"Range": f"bytes=0-{last}"} if last >= 0 else {})
        session.job = self._jobs.insert(session.project, session.resource, bytes(session.received))
        return UploadAnswer(200, {}, session.job)


def parts_of(content_type: str, body: bytes) -> tuple[dict[str, Any], bytes]:
    """The job and the data of a multipart/related body; data with other line ends than \\n stays as it is."""
    boundary = email.parser.HeaderParser(policy=email.policy.default).parsestr(f"Content-Type: {content_type}\n\n")
    mark = b"--" + str(boundary.get_boundary()).encode()
    parts = body.split(mark)
    if len(parts) != 4:
        raise refused("A multipart upload has two parts: the job and its data")
    _, job = parts[1].split(b"\r\n\r\n", 1)
    _, content = parts[2].split(b"\r\n\r\n", 1)
    return json.loads(job), content.removesuffix(b"\r\n")
