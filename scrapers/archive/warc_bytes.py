"""The bytes of a WARC file without their compression, piece by piece, each with the place where its member starts.

A member that is damaged is reported and left behind: reading goes on at the next one that begins like a record.
"""

import dataclasses
from collections.abc import Callable, Generator, Iterator
from typing import Any, BinaryIO, cast

import zstandard
from isal import isal_zlib

__all__ = ["Damage", "Piece", "pieces", "whole_length"]

CHUNK_BYTES = 1 << 16
GZIP_INPUT_BYTES = 1 << 14  # a page's member is half as long: what is too much is copied
PIECE_BYTES = 1 << 20  # of one decompression step, so that a bomb fills no memory
KEPT_BYTES = 1 << 20  # of a member's compressed bytes, to look for the next member in after damage

_RECORD = b"WARC/"
_DICTIONARY_FRAME = b"\x5d\x2a\x4d\x18"  # the WARC-zstd specification of the IIPC, 3.2


@dataclasses.dataclass(slots=True)
class Piece:
    """Decompressed bytes of one member.

    Attributes:
      offset: where the member starts; in a file without compression, where these bytes start.
      starts: whether this is a member's first piece; False in a file without compression.
      plain: the file has no compression.
    """

    offset: int
    data: bytes
    starts: bool
    plain: bool = False


@dataclasses.dataclass(slots=True)
class Damage:
    """Something between `offset` and what comes next cannot be read."""

    offset: int
    reason: str


@dataclasses.dataclass(slots=True)
class _Codec:
    magic: bytes
    new: Callable[[], Any]
    error: type[Exception]
    input_bytes: int


_GZIP_ERROR = cast("type[Exception]", isal_zlib.error)  # its stub says that it is an instance
_GZIP = _Codec(b"\x1f\x8b\x08", lambda: isal_zlib.decompressobj(31), _GZIP_ERROR, GZIP_INPUT_BYTES)


class _Raw:
    """The file's bytes from `position` on; the latest ones before it are kept for a second look."""

    def __init__(self, stream: BinaryIO, position: int) -> None:
        self._stream = stream
        self.position = position
        self._data, self._at = b"", 0  # what is ahead is the data from there on

    @property
    def ahead(self) -> bytes:
        """The bytes that are read and not taken."""
        return self._data[self._at :]

    def fill(self, at_least: int = 1) -> bool:
        """Whether so many bytes are ahead; reads more when they are not."""
        while len(self._data) - self._at < at_least:
            more = self._stream.read(CHUNK_BYTES)
            if not more:
                return False
            self._data, self._at = self._data[self._at :] + more, 0
        return True

    def take(self, limit: int = CHUNK_BYTES) -> bytes:
        taken = self._data[self._at : self._at + limit]
        self._at += len(taken)
        self.position += len(taken)
        return taken

    def put_back(self, data: bytes) -> None:
        """Of what was taken, its end."""
        if len(data) <= self._at:
            self._at -= len(data)
        else:
            self._data, self._at = data + self.ahead, 0
        self.position -= len(data)


def pieces(stream: BinaryIO, offset: int = 0) -> Iterator[Piece | Damage]:
    """Reads from where the stream stands to its end.

    Args:
      offset: what the stream's position is called.
    """
    raw = _Raw(stream, offset)
    if not raw.fill(8):
        if raw.ahead.strip():
            yield Damage(offset, "the file is too short for a WARC file")
        return
    if raw.ahead.startswith(_GZIP.magic):
        yield from _members(raw, _GZIP)
    elif raw.ahead.startswith((b"\x28\xb5\x2f\xfd", _DICTIONARY_FRAME)):
        yield from _members(raw, _zstd(raw))
    elif raw.ahead.lstrip().startswith(_RECORD):
        while raw.fill():
            yield Piece(raw.position, raw.take(), starts=False, plain=True)
    else:
        yield Damage(offset, "this is no WARC file")


def whole_length(stream: BinaryIO) -> int:
    """Bytes of a gzipped file up to the end of its last whole member: what is worth keeping of a file that was cut."""
    raw, end = _Raw(stream, 0), 0
    while raw.fill():
        member = _member(raw, _GZIP, raw.position, _Seen())
        try:
            while True:
                next(member)
        except StopIteration as stopped:
            if not stopped.value:
                return end
        except _GZIP.error:
            return end
        end = raw.position
    return end


def _zstd(raw: _Raw) -> _Codec:
    dictionary = None
    if raw.ahead.startswith(_DICTIONARY_FRAME):
        length = int.from_bytes(raw.ahead[4:8], "little")
        raw.fill(8 + length)
        content = raw.take(8 + length)[8:]
        if content.startswith(b"\x28\xb5\x2f\xfd"):
            content = zstandard.ZstdDecompressor().decompressobj().decompress(content)
        dictionary = zstandard.ZstdCompressionDict(content)
    decompressor = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=1 << 27)
    return _Codec(b"\x28\xb5\x2f\xfd", decompressor.decompressobj, zstandard.ZstdError, 4096)


def _members(raw: _Raw, codec: _Codec) -> Iterator[Piece | Damage]:
    while raw.fill():
        start, seen = raw.position, _Seen()
        try:
            whole = yield from _member(raw, codec, start, seen)
        except codec.error as error:
            yield Damage(start, f"the record cannot be decompressed: {error}")
            raw.put_back(seen.tail)
            _find_member(raw, codec, start)
        else:
            if not whole:
                yield Damage(start, "the file ends within a record")
                raw.put_back(seen.tail)  # damaged bytes may decompress to anything, through all that follows
                _find_member(raw, codec, start)


@dataclasses.dataclass(slots=True)
class _Seen:
    """The latest compressed bytes of a member under way."""

    tail: bytes = b""

    def add(self, data: bytes) -> None:
        self.tail = data if not self.tail else (self.tail + data)[-KEPT_BYTES:]


def _member(raw: _Raw, codec: _Codec, start: int, seen: _Seen) -> Generator[Piece, None, bool]:
    """Gives one member; returns whether it ended before the file did."""
    decompressor = codec.new()
    last = Piece(start, b"", starts=True)  # given on when the next one is there, or the member's checksum was right
    while raw.fill():
        data = raw.take(codec.input_bytes)
        seen.add(data)
        while data:
            found = decompressor.decompress(data, PIECE_BYTES) if codec is _GZIP else decompressor.decompress(data)
            if found and last.data:
                yield last
                last = Piece(start, found, starts=False)
            elif found:
                last.data = found
            data = decompressor.unconsumed_tail
            if decompressor.eof:
                raw.put_back(decompressor.unused_data)
                yield last
                return True
    return False


def _find_member(raw: _Raw, codec: _Codec, start: int) -> None:
    """Moves to the next place that decompresses into the beginning of a record; to the end when there is none."""
    if raw.position <= start:
        raw.take(start + 1 - raw.position)
    while raw.fill(len(codec.magic)):
        place = raw.ahead.find(codec.magic)
        if place < 0:
            raw.take(len(raw.ahead) - len(codec.magic) + 1)
            if not raw.fill(len(codec.magic)):
                break
            continue
        raw.take(place)
        raw.fill(CHUNK_BYTES)
        if _begins_record(raw.ahead[:CHUNK_BYTES], codec):
            return
        raw.take(1)
    raw.take(len(raw.ahead))


def _begins_record(data: bytes, codec: _Codec) -> bool:
    decompressor = codec.new()
    try:
        found = decompressor.decompress(data, 64) if codec is _GZIP else decompressor.decompress(data)
    except codec.error:
        return False
    return bytes(found).lstrip().startswith(_RECORD)
