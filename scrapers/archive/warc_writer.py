"""Pages as WARC 1.1 (ISO 28500:2017): one gzip member a record, so that a pointer leads straight to a page."""

import dataclasses
import datetime
import functools
import hashlib
import json
import re
import time
import urllib.parse
from typing import BinaryIO

from isal import isal_zlib

from schemas.page import ArchivePointer, Page
from schemas.request import Request
from schemas.request_json import request_to_json
from schemas.version import __version__
from scrapers.archive.http_heads import request_head, response_head
from scrapers.archive.redaction import Redactor

__all__ = ["IN_METADATA", "REQUEST_JSON_TYPE", "WarcWriter"]

REQUEST_JSON_TYPE = "application/vnd.scrapeline.request+json"
IN_METADATA = "in_metadata"  # key of a short `Scrapeline-Request`: the whole one is the block of the next record
MAX_FIELD_CHARACTERS = 4096  # readers allow a header line some kilobytes; a carried item may be megabytes

_RESPONSE_TYPE = "Content-Type: application/http;msgtype=response\r\n"
_REQUEST_TYPE = "Content-Type: application/http;msgtype=request\r\n"
_METADATA_TYPE = f"Content-Type: {REQUEST_JSON_TYPE}\r\n"
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # RFC 4648, 6
_BASE32_PAIRS = [first + second for first in _BASE32 for second in _BASE32]  # base64.b32encode takes four times as long
_GZIP = 31  # window bits: 15, and 16 for gzip's own header and checksum
_NOT_IN_A_URI = re.compile(r"[^!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]+")


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
        """Writes the page's response and request; the bytes are with the operating system when this returns.

        Returns:
          where the response stands. The page is not changed.
        """
        redact = self._redact
        body = redact.redact_bytes(page.body)
        head = response_head(page.status, redact.redact_headers(page.headers), len(body))
        whole, request_field = self._request_json(page.request)
        digest = _digest(body)
        identity = hashlib.blake2b(f"{page.request.request_id} {digest} {page.fetched_at!r}".encode())
        response_id, request_id, metadata_id = _record_ids(identity.digest())
        common = (
            f"WARC-Target-URI: {_uri(redact.redact_text(page.url))}\r\nWARC-Date: {_date(page.fetched_at)}\r\n"
            f"WARC-Warcinfo-ID: {self._info_id}\r\n"
        )
        # no WARC-Block-Digest: gzip's own checksum covers the block, and a second SHA-1 costs a quarter of all this
        payload = f"WARC-Payload-Digest: {digest}\r\n"
        fields = f"{common}{_RESPONSE_TYPE}{payload}{_page_fields(page)}Scrapeline-Request: {request_field}\r\n"
        members = [_member("response", response_id, fields, head, body)]
        common += f"WARC-Concurrent-To: {response_id}\r\n"
        if whole is not None:
            members.append(_member("metadata", metadata_id, common + _METADATA_TYPE, whole))
        members.append(_member("request", request_id, common + _REQUEST_TYPE, *self._request_block(page)))
        pointer = ArchivePointer(self._name, self.size_bytes, digest)
        self._write(b"".join(members))
        return pointer

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
        identity = hashlib.blake2b(f"{self._name} {now!r}".encode()).digest()
        self._info_id = _record_ids(identity)[0]
        name = re.sub(r"[\x00-\x1f\x7f]", " ", self._name)
        fields = f"WARC-Date: {_date(now)}\r\nWARC-Filename: {name}\r\nContent-Type: application/warc-fields\r\n"
        return _member("warcinfo", self._info_id, fields, block)

    def _request_json(self, request: Request) -> tuple[bytes | None, str]:
        """The whole JSON for a metadata record (None when it fits a header field), and the field's value."""
        safe = _with_headers(request, self._redact)
        text = self._redact.redact_text(request_to_json(safe))
        if len(text) <= MAX_FIELD_CHARACTERS:
            field = text if text.isascii() else json.dumps(json.loads(text))
            if len(field) <= MAX_FIELD_CHARACTERS:
                return None, field
        short = {"request_id": request.request_id, "execution_id": request.execution_id, IN_METADATA: True}
        return text.encode("utf-8", "backslashreplace"), json.dumps(short)

    def _request_block(self, page: Page) -> tuple[bytes, bytes]:
        request, redact = page.request, self._redact
        body = redact.redact_bytes(request.body or b"")
        headers = redact.redact_headers(request.headers)
        return request_head(request.method, _uri(redact.redact_text(page.url)), headers, len(body)), body


def _page_fields(page: Page) -> str:
    elapsed = f"Scrapeline-Elapsed-Secs: {page.elapsed_secs:.6f}\r\n"
    return f"{elapsed}Scrapeline-Rendered: true\r\n" if page.rendered else elapsed


def _with_headers(request: Request, redact: Redactor) -> Request:
    if not request.headers:
        return request
    return dataclasses.replace(request, headers=tuple(redact.redact_headers(request.headers)))


def _member(kind: str, record_id: str, fields: str, *block: bytes) -> bytes:
    length = sum(map(len, block))
    head = f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: {record_id}\r\n{fields}Content-Length: {length}\r\n\r\n"
    compressed: bytes = isal_zlib.compress(b"".join((head.encode(), *block, b"\r\n\r\n")), 1, _GZIP)
    return compressed


def _digest(body: bytes) -> str:
    number = int.from_bytes(hashlib.sha1(body, usedforsecurity=False).digest())
    return "sha1:" + "".join([_BASE32_PAIRS[number >> shift & 1023] for shift in range(150, -1, -10)])


def _record_ids(identity: bytes) -> tuple[str, str, str]:
    """Three record ids out of 48 bytes of hash: UUIDs of version 8 (RFC 9562, 5.8), which are free to mean this."""
    text = identity.hex()
    return _urn(text[:32]), _urn(text[32:64]), _urn(text[64:96])


def _urn(text: str) -> str:
    return f"<urn:uuid:{text[:8]}-{text[8:12]}-8{text[13:16]}-a{text[17:20]}-{text[20:]}>"


def _date(secs: float) -> str:
    whole, micros = divmod(round(secs * 1_000_000), 1_000_000)
    return f"{_second(whole)}.{micros:06d}Z"


@functools.lru_cache(16)
def _second(secs: int) -> str:
    return datetime.datetime.fromtimestamp(secs, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _uri(url: str) -> str:
    """A URL that can stand in a header line: what no URI may hold is percent-encoded."""
    if _NOT_IN_A_URI.search(url) is None:
        return url
    return _NOT_IN_A_URI.sub(lambda found: urllib.parse.quote(found[0], safe="", errors="replace"), url)
