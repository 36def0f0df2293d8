"""Takes pages out of a WARC file without moving what follows: where they stood, a record of the same length says so.

Pointers into the file stay right, and any reader goes over it: it is a record like others.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from scrapers.archive.page_group import PageGroup
from scrapers.archive.warc_members import date, record_ids
from scrapers.archive.warc_records import Record, records

__all__ = ["CannotReplace", "Span", "span_of", "tombstone"]

Span = tuple[int, int]
"""(offset, length) in bytes."""

_GZIP_MAGIC = b"\x1f\x8b\x08"
_GZIP_HEADER = b"\x1f\x8b\x08%c\0\0\0\0\0\xff"  # RFC 1952, 2.3: flags, no time, unknown operating system
_COMMENT = 0x10
_GZIP_ENDS_BYTES = 18  # header and trailer
_BLOCK_HEADER_BYTES = 5  # of a stored block (RFC 1951, 3.2.4)
_BLOCK_BYTES = 0xFFFF
_TEXT = b"What stood here was removed on request (scrapeline forget)."


class CannotReplace(ValueError):
    """The text says why."""


def span_of(stream: BinaryIO, file_name: str, offset: int, size: int) -> Span:
    """Where a page's own record and those that belong to it and follow it stand together.

    Args:
      offset: of the page's own record.
      size: of the file.

    Raises:
      CannotReplace: no record begins there, or the file has a compression that does not allow it.
    """
    stream.seek(offset)
    start = stream.read(4)
    if not start.startswith((_GZIP_MAGIC, b"WARC")):
        raise CannotReplace(f"{file_name}: only gzip and files without compression can be changed in place")
    stream.seek(offset)
    found = records(stream, file_name, offset)
    first = next(found, None)
    if not isinstance(first, Record) or first.offset != offset:
        raise CannotReplace(f"{file_name} at {offset}: no record begins there")
    group = PageGroup(first)
    for record in found:
        if not isinstance(record, Record) or not group.takes(record):
            return offset, record.offset - offset
    return offset, size - offset


def tombstone(length: int, *, is_gzip: bool, at: float, identity: str) -> bytes:
    """A record of exactly so many bytes.

    Args:
      is_gzip: as a gzip member.
      at: when, Unix seconds.
      identity: what its id is made of: file and offset.

    Raises:
      CannotReplace: a record cannot be so short.
    """
    if not is_gzip:
        return _record(length, at, identity)
    blocks = -(-(length - _GZIP_ENDS_BYTES) // (_BLOCK_BYTES + _BLOCK_HEADER_BYTES))
    try:
        content = _record(length - _GZIP_ENDS_BYTES - _BLOCK_HEADER_BYTES * blocks, at, identity)
    except CannotReplace:
        return _small_member(length, at, identity)
    return _GZIP_HEADER % 0 + b"".join(_stored(content, blocks)) + _trailer(content)


def _record(length: int, at: float, identity: str) -> bytes:
    """Padded with spaces."""
    record_id = record_ids(f"{identity} {at!r}")[0]
    head = f"WARC/1.1\r\nWARC-Type: metadata\r\nWARC-Record-ID: {record_id}\r\nWARC-Date: {date(at)}\r\n"
    head += "Content-Type: text/plain\r\nContent-Length: "
    room = length - len(head) - len("\r\n\r\n") - len("\r\n\r\n")
    for digits in range(1, 11):
        block = room - digits
        if block >= 0 and len(str(block)) == digits:
            text = _TEXT[:block].ljust(block)
            return b"%b%d\r\n\r\n%b\r\n\r\n" % (head.encode(), block, text)
    if room < 1:
        raise CannotReplace(f"{identity}: {length} bytes are too few for a record")
    return _record_with_spare_digit(head, room)


def _record_with_spare_digit(head: str, room: int) -> bytes:
    """Where one byte more for the length's digits would leave one too few for the block: a leading zero fills it."""
    digits = len(str(room))
    block = room - digits
    return b"%b%b\r\n\r\n%b\r\n\r\n" % (head.encode(), str(block).zfill(digits).encode(), _TEXT[:block].ljust(block))


def _stored(content: bytes, blocks: int) -> Iterator[bytes]:
    """So many blocks of nearly the same size: each may hold 65,535 bytes, and each more is five bytes more."""
    size = -(-len(content) // blocks)
    for at in range(0, len(content), size):
        part = content[at : at + size]
        yield struct.pack("<BHH", at + size >= len(content), len(part), len(part) ^ 0xFFFF) + part


def _trailer(content: bytes) -> bytes:
    return struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)


def _small_member(length: int, at: float, identity: str) -> bytes:
    """A compressed record without a text; the rest of its length is a comment in gzip's own header."""
    least = next(size for size in range(150, 300) if _fits(size, at, identity))
    content = _record(least, at, identity)
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = compressor.compress(content) + compressor.flush() + _trailer(content)
    spare = length - len(data) - len(_GZIP_HEADER % 0)
    if spare < 0:
        raise CannotReplace(f"{identity}: {length} bytes are too few for a record")
    header = _GZIP_HEADER % _COMMENT + b" " * (spare - 1) + b"\0" if spare else _GZIP_HEADER % 0
    return header + data


def _fits(size: int, at: float, identity: str) -> bool:
    try:
        return bool(_record(size, at, identity))
    except CannotReplace:
        return False
