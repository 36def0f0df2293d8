"""What WARC records are made of: one gzip member each, ids out of hashes, dates, URIs that can stand in a line."""

import datetime
import functools
import hashlib
import re
import urllib.parse

from isal import isal_zlib

__all__ = ["date", "digest_of", "member", "record_ids", "uri"]

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # RFC 4648, 6
_BASE32_PAIRS = [first + second for first in _BASE32 for second in _BASE32]  # base64.b32encode takes four times as long
_GZIP = 31  # window bits: 15, and 16 for gzip's own header and checksum
_NOT_IN_A_URI = re.compile(r"[^!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]+")


def member(kind: str, record_id: str, fields: str, *block: bytes) -> bytes:
    """One record, compressed.

    Args:
      fields: all but type, id and length, each line with its end.
      block: its parts.
    """
    length = sum(map(len, block))
    head = f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: {record_id}\r\n{fields}Content-Length: {length}\r\n\r\n"
    compressed: bytes = isal_zlib.compress(b"".join((head.encode(), *block, b"\r\n\r\n")), 1, _GZIP)
    return compressed


def digest_of(body: bytes) -> str:
    """`sha1:` and 32 base32 digits (WARC 1.1, 5.8)."""
    number = int.from_bytes(hashlib.sha1(body, usedforsecurity=False).digest())
    return "sha1:" + "".join([_BASE32_PAIRS[number >> shift & 1023] for shift in range(150, -1, -10)])


def record_ids(identity: str) -> tuple[str, str, str]:
    """Three record ids out of what is written: UUIDs of version 8 (RFC 9562, 5.8), which are free to mean this."""
    text = hashlib.blake2b(identity.encode()).hexdigest()
    return _urn(text[:32]), _urn(text[32:64]), _urn(text[64:96])


def _urn(text: str) -> str:
    return f"<urn:uuid:{text[:8]}-{text[8:12]}-8{text[13:16]}-a{text[17:20]}-{text[20:]}>"


def date(secs: float) -> str:
    """Unix seconds as a WARC-Date."""
    whole, micros = divmod(round(secs * 1_000_000), 1_000_000)
    return f"{_second(whole)}.{micros:06d}Z"


@functools.lru_cache(16)
def _second(secs: int) -> str:
    return datetime.datetime.fromtimestamp(secs, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")


def uri(url: str) -> str:
    """A URL that can stand in a header line: what no URI may hold is percent-encoded."""
    if _NOT_IN_A_URI.search(url) is None:
        return url
    return _NOT_IN_A_URI.sub(lambda found: urllib.parse.quote(found[0], safe="", errors="replace"), url)
