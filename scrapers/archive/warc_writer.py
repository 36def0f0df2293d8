"""Pages as WARC 1.1 (ISO 28500:2017): one gzip member a record, so that a pointer leads straight to a page."""

import dataclasses
import json
import re
import time
from typing import BinaryIO

from schemas.page import ArchivePointer, Page
from schemas.request import Request
from schemas.request_json import request_to_json
from schemas.version import __version__
from scrapers.archive.http_heads import request_head, response_head
from scrapers.archive.redaction import Redactor
from scrapers.archive.rendered_records import ABOUT_URN, rendered_members
from scrapers.archive.warc_members import date, digest_of, member, record_ids, uri

__all__ = ["IN_METADATA", "REQUEST_JSON_TYPE", "WarcWriter"]

REQUEST_JSON_TYPE = "application/vnd.scrapeline.request+json"
IN_METADATA = "in_metadata"  # key of a short `Scrapeline-Request`: the whole one is the block of the next record
MAX_FIELD_CHARACTERS = 4096  # readers allow a header line some kilobytes; a carried item may be megabytes

_RESPONSE_TYPE = "Content-Type: application/http;msgtype=response\r\n"
_REQUEST_TYPE = "Content-Type: application/http;msgtype=request\r\n"
_METADATA_TYPE = f"Content-Type: {REQUEST_JSON_TYPE}\r\n"


class WarcWriter:
    """Writes one WARC file.

    Args:
      open_file: written from where it stands; the writer closes it.
      file_name: under which the file will be found, in pointers and in its own first record.
    """

    def __init__(self, open_file: BinaryIO, file_name: str, redact: Redactor) -> None:
        self._file = open_file
        self._name = file_name
        self._redact = redact
        self.size_bytes = 0
        self._write(self._info())

    def add(self, page: Page) -> ArchivePointer:
        """Writes the page's records; the bytes are with the operating system when this returns.

        Returns:
          where the page's own record stands. Of the page only `screenshot_archived` is changed.
        """
        members, digest = self._rendered(page) if page.rendered else self._fetched(page)
        pointer = ArchivePointer(self._name, self.size_bytes, digest)
        self._write(b"".join(members))
        return pointer

    def _rendered(self, page: Page) -> tuple[list[bytes], str]:
        short, whole = _short_json(page.request), self._whole_json(page.request)
        members, digest = rendered_members(page, self._redact, self._info_id, whole, short)
        if page.screenshot:
            at = self.size_bytes + sum(map(len, members[:-1]))
            page.screenshot_archived = ArchivePointer(self._name, at, digest_of(page.screenshot))
        return members, digest

    def _fetched(self, page: Page) -> tuple[list[bytes], str]:
        """Response and request as the network had them, and the payload's digest."""
        redact = self._redact
        body = redact.redact_bytes(page.body)
        head = response_head(page.status, redact.redact_headers(page.headers), len(body))
        whole, request_field = self._request_json(page.request)
        digest = digest_of(body)
        identity = f"{page.request.request_id} {digest} {page.fetched_at!r}"
        response_id, request_id, metadata_id = record_ids(identity)
        url = uri(redact.redact_text(page.url))
        common = f"WARC-Date: {date(page.fetched_at)}\r\nWARC-Warcinfo-ID: {self._info_id}\r\n"
        target = f"WARC-Target-URI: {url}\r\n"
        # no WARC-Block-Digest: gzip's own checksum covers the block, and a second SHA-1 costs a quarter of all this
        payload = f"WARC-Payload-Digest: {digest}\r\nScrapeline-Elapsed-Secs: {page.elapsed_secs:.6f}\r\n"
        fields = f"{target}{common}{_RESPONSE_TYPE}{payload}Scrapeline-Request: {request_field}\r\n"
        members = [member("response", response_id, fields, head, body)]
        common += f"WARC-Concurrent-To: {response_id}\r\n"
        if whole is not None:
            about = f"WARC-Target-URI: {ABOUT_URN}{url}\r\n{common}{_METADATA_TYPE}"
            members.append(member("metadata", metadata_id, about, whole))
        members.append(member("request", request_id, target + common + _REQUEST_TYPE, *self._request_block(page)))
        return members, digest

    def flush(self) -> None:
        """Hands everything to the operating system; `add` does so too."""
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def _write(self, data: bytes) -> None:
        # One write a page, passed on at once: a killed process loses no finished page.
        self._file.write(data)
        self._file.flush()
        self.size_bytes += len(data)

    def _info(self) -> bytes:
        now = time.time()
        block = f"software: Scrapeline/{__version__}\r\nformat: WARC File Format 1.1\r\n".encode()
        self._info_id = record_ids(f"{self._name} {now!r}")[0]
        name = re.sub(r"[\x00-\x1f\x7f]", " ", self._name)
        fields = f"WARC-Date: {date(now)}\r\nWARC-Filename: {name}\r\nContent-Type: application/warc-fields\r\n"
        return member("warcinfo", self._info_id, fields, block)

    def _request_json(self, request: Request) -> tuple[bytes | None, str]:
        """The whole JSON for a metadata record (None when it fits a header field), and the field's value."""
        text = self._whole_json(request)
        if len(text) <= MAX_FIELD_CHARACTERS:
            field = text if text.isascii() else json.dumps(json.loads(text))
            if len(field) <= MAX_FIELD_CHARACTERS:
                return None, field
        return text.encode("utf-8", "backslashreplace"), _short_json(request)

    def _whole_json(self, request: Request) -> str:
        return self._redact.redact_text(request_to_json(_with_headers(request, self._redact)))

    def _request_block(self, page: Page) -> tuple[bytes, bytes]:
        request, redact = page.request, self._redact
        body = redact.redact_bytes(request.body or b"")
        headers = redact.redact_headers(request.headers)
        return request_head(request.method, uri(redact.redact_text(page.url)), headers, len(body)), body


def _short_json(request: Request) -> str:
    return json.dumps({"request_id": request.request_id, "execution_id": request.execution_id, IN_METADATA: True})


def _with_headers(request: Request, redact: Redactor) -> Request:
    if not request.headers:
        return request
    return dataclasses.replace(request, headers=tuple(redact.redact_headers(request.headers)))
