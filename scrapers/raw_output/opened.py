"""What a raw file is: WARC, newline JSON, an array or one document; by its ending, else by how it begins."""

import io
import zlib
from typing import BinaryIO, Literal, cast

import orjson
from isal import igzip, isal_zlib

from scrapers.source_files.model_raw import RawFormat

__all__ = ["Kind", "opened"]

Kind = Literal["warc", "ndjson", "array", "document"]
LOOK_BYTES = 1 << 18
_GZIP = b"\x1f\x8b"
_ZSTD = (b"\x28\xb5\x2f\xfd", b"\x5d\x2a\x4d\x18")
_BOM = b"\xef\xbb\xbf"
_LINES = (".ndjson", ".jsonl", ".jsonlines", ".ldjson")


class _Pieces(io.RawIOBase):
    """A stream that can only `read`, as `io` wants it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def opened(stream: BinaryIO, path: str, said: RawFormat) -> tuple[Kind, BinaryIO]:
    """What a file is, and its bytes from the start; without gzip, but for WARC, whose members are looked at one by one.

    Args:
      path: its ending counts where `said` is `auto`.
    """
    raw = io.BufferedReader(_Pieces(stream), LOOK_BYTES)
    head = raw.peek(1)
    is_gzip = head.startswith(_GZIP)
    begin = _inflated(head) if is_gzip else head
    name = path.lower().removesuffix(".gz")
    if said == "warc" or (said == "auto" and _is_warc(name, begin)):
        return "warc", raw
    plain: BinaryIO = raw
    if is_gzip:
        unpacked = igzip.IGzipFile(fileobj=raw, mode="rb")  # type: ignore[no-untyped-call]
        plain = io.BufferedReader(unpacked, LOOK_BYTES)
    return _kind_of_json(name, begin.removeprefix(_BOM).lstrip(), said), plain


def _inflated(head: bytes) -> bytes:
    try:
        data: bytes = isal_zlib.decompressobj(31).decompress(head, LOOK_BYTES)
    except (zlib.error, cast("type[Exception]", isal_zlib.error)):
        return b""  # reading it says what is wrong
    return data


def _is_warc(name: str, begin: bytes) -> bool:
    return name.endswith((".warc", ".warc.zst")) or begin.startswith((b"WARC/", *_ZSTD))


def _kind_of_json(name: str, begin: bytes, said: RawFormat) -> Kind:
    if said == "ndjson" or (said == "auto" and name.endswith(_LINES)):
        return "ndjson"
    if begin.startswith(b"["):
        return "array"
    return "ndjson" if said == "auto" and (not begin or _has_lines(begin)) else "document"


def _has_lines(begin: bytes) -> bool:
    """Whether the first line is a value by itself and another follows."""
    first, _, rest = begin.partition(b"\n")
    try:
        orjson.loads(first)
    except orjson.JSONDecodeError:
        return False
    return bool(rest.strip())
