"""HTTP messages as archives hold them: heads of any spelling, bodies still chunked and compressed."""

import dataclasses
import re
import zlib

import brotli  # type: ignore[import-untyped]
import zstandard

__all__ = ["Message", "decoded_body", "parse_message", "status_of"]

MAX_BODY_BYTES = 1 << 28  # after decompression: 256 MiB

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(r"\s*[A-Za-z]+(?:/[\d.]+)?\s+(\d{3})\b")


@dataclasses.dataclass(slots=True)
class Message:
    """A response: its status, its headers in order, and its body as it stands in the archive."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def status_of(block: bytes) -> int:
    """The status of a response, without reading on.

    Raises:
      ValueError: as `parse_message`.
    """
    first = block[: block.find(b"\n") + 1] or block
    return _status(first.decode("utf-8", "surrogateescape"))


def parse_message(block: bytes) -> Message:
    """
    Raises:
      ValueError: the block does not begin with a status line.
    """
    found = _HEAD_END.search(block)
    head, body = (block[: found.start()], block[found.end() :]) if found else (block, b"")
    first, *lines = head.decode("utf-8", "surrogateescape").split("\n")
    status = _status(first)
    headers: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and headers:  # RFC 9112, 5.2: obsolete line folding
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {line.strip()}")
            continue
        name, colon, value = line.partition(":")
        if colon:
            headers.append((name.strip(), value.strip()))
    return Message(status, tuple(headers), body)


def _status(line: str) -> int:
    found = _STATUS.match(line)
    if found is None:
        raise ValueError("the block holds no HTTP response")
    return int(found[1])


def decoded_body(message: Message) -> bytes:
    """The body without its transfer and content encodings, as a `Page` has it.

    Archives differ in whether they undid them already: a body that does not look encoded is taken as it is.

    Raises:
      ValueError: the body is cut or damaged, or is larger than MAX_BODY_BYTES.
    """
    body = message.body
    if "chunked" in _joined(message, "transfer-encoding"):
        body = _unchunked(body)
    for coding in reversed(_joined(message, "content-encoding").split(",")):
        body = _decompressed(body, coding.strip())
    return body


def _joined(message: Message, name: str) -> str:
    return ",".join(value for header, value in message.headers if header.lower() == name).lower()


def _unchunked(body: bytes) -> bytes:
    """RFC 9112, 7.1. A body that begins with no chunk size was stored without chunks."""
    parts: list[bytes] = []
    at = 0
    while (line := re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\n]*)?\r?\n").match(body, at)) is not None:
        size = int(line[1], 16)
        if size == 0:
            return b"".join(parts)
        parts.append(body[line.end() : line.end() + size])
        at = line.end() + size
        at += 2 if body[at : at + 2] == b"\r\n" else 1
    return b"".join(parts) if parts and at >= len(body) else body


def _decompressed(body: bytes, coding: str) -> bytes:
    try:
        if coding in ("gzip", "x-gzip") and body.startswith(b"\x1f\x8b"):
            return _inflated(body, 31)
        if coding == "deflate" and body:
            return _inflated(body, 15 if (body[0] & 15) == 8 and int.from_bytes(body[:2]) % 31 == 0 else -15)
        if coding == "br" and body:
            return _limited(brotli.decompress(body))
        if coding == "zstd" and body.startswith(b"\x28\xb5\x2f\xfd"):
            with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(body) as reader:
                return _limited(reader.read(MAX_BODY_BYTES + 1))
    except (zlib.error, brotli.error, zstandard.ZstdError) as error:
        raise ValueError(f"the body cannot be decompressed from {coding}: {error}") from error
    return body


def _inflated(body: bytes, window_bits: int) -> bytes:
    decompressor = zlib.decompressobj(window_bits)
    data = _limited(decompressor.decompress(body, MAX_BODY_BYTES + 1))
    if not decompressor.eof:
        raise ValueError("the compressed body is cut")
    return data


def _limited(data: bytes) -> bytes:
    if len(data) > MAX_BODY_BYTES:
        raise ValueError(f"the decompressed body has more than {MAX_BODY_BYTES} bytes")
    return data
