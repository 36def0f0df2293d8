"""Undoing content encodings piece by piece, so that a small bomb never becomes a large body."""

from collections.abc import Callable
from typing import Any, Protocol, cast

import brotli  # type: ignore[import-untyped]
import zstandard
from isal import isal_zlib

__all__ = ["ACCEPT_ENCODING", "BodyBroken", "BodyDecoder", "BodyTooLarge"]

ACCEPT_ENCODING = "gzip, deflate, br, zstd"
_MAX_LAYERS = 3  # `Content-Encoding: gzip, gzip` exists; more is an attack
_PIECE_BYTES = 1 << 18
_ZSTD_SLICE_BYTES = 256  # an RLE block of 4 bytes gives 128 KiB, and decompressobj has no limit: at most 8 MiB a slice
_BROKEN: tuple[type[Exception], ...] = (cast(type[Exception], isal_zlib.error), brotli.error, zstandard.ZstdError)
_ZSTD_WINDOW_BYTES = 8 << 20  # RFC 9659: what a receiver of `Content-Encoding: zstd` must support, and may insist on


class BodyTooLarge(Exception):
    """The body is larger than the limit, as received or once its encodings are undone.

    Attributes:
      pieces: what came out of the bytes that were one too many.
    """

    def __init__(self, pieces: list[bytes] | None = None) -> None:
        super().__init__("larger than the limit")
        self.pieces = pieces or []


class BodyBroken(Exception):
    """The bytes are not what Content-Encoding says, or end too early."""


class _Layer(Protocol):
    def feed(self, data: bytes, room: int) -> list[bytes]: ...

    def ended(self) -> bool: ...


class _Deflate:
    """gzip with any number of members (RFC 1952, 2.2), zlib (RFC 1950), or the raw deflate that some servers send."""

    def __init__(self, gzip: bool) -> None:
        self._gzip = gzip
        self._engine: Any = None
        self._plain = False
        self._head = b""

    def _choose(self, head: bytes) -> None:
        if self._gzip:
            self._plain = head[:2] != b"\x1f\x8b"
            self._engine = isal_zlib.decompressobj(wbits=31)
        else:
            zlib_header = head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0
            self._engine = isal_zlib.decompressobj(wbits=15 if zlib_header else -15)

    def feed(self, data: bytes, room: int) -> list[bytes]:
        if self._engine is None:
            self._head += data
            if len(self._head) < 2:
                return []
            data, self._head = self._head, b""
            self._choose(data)
        if self._plain:  # says gzip and is not: browsers differ, the bytes as they are lose nothing
            return [data]
        out: list[bytes] = []
        while data:
            piece = self._engine.decompress(data, _PIECE_BYTES)
            out.append(piece)
            room -= len(piece)
            if room < 0:
                raise BodyTooLarge(out)
            data = self._engine.unconsumed_tail
            if self._engine.eof:
                data = self._next_member()
        return out

    def _next_member(self) -> bytes:
        rest: bytes = self._engine.unused_data
        if self._gzip and rest[:2] == b"\x1f\x8b":
            self._engine = isal_zlib.decompressobj(wbits=31)
            return rest
        return b""  # padding after the last member

    def ended(self) -> bool:
        return self._plain or not self._head if self._engine is None else self._plain or bool(self._engine.eof)


class _Brotli:
    def __init__(self) -> None:
        self._engine = brotli.Decompressor()
        self._fed = False

    def feed(self, data: bytes, room: int) -> list[bytes]:
        self._fed = True
        out: list[bytes] = []
        while True:
            piece = self._engine.process(data, output_buffer_limit=_PIECE_BYTES)
            out.append(piece)
            room -= len(piece)
            if room < 0:
                raise BodyTooLarge(out)
            if self._engine.is_finished() or self._engine.can_accept_more_data():
                return out
            data = b""

    def ended(self) -> bool:
        return not self._fed or bool(self._engine.is_finished())


class _Zstd:
    def __init__(self) -> None:
        self._engine = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES).decompressobj()
        self._fed = False

    def feed(self, data: bytes, room: int) -> list[bytes]:
        self._fed = True
        out: list[bytes] = []
        for start in range(0, len(data), _ZSTD_SLICE_BYTES):
            rest = data[start : start + _ZSTD_SLICE_BYTES]
            while rest:
                if self._engine.eof:
                    self._engine = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES).decompressobj()
                piece = self._engine.decompress(rest)
                out.append(piece)
                room -= len(piece)
                if room < 0:
                    raise BodyTooLarge(out)
                rest = self._engine.unused_data
        return out

    def ended(self) -> bool:
        return not self._fed or bool(self._engine.eof)


_LAYERS: dict[str, Callable[[], _Layer]] = {
    "gzip": lambda: _Deflate(gzip=True),
    "x-gzip": lambda: _Deflate(gzip=True),
    "deflate": lambda: _Deflate(gzip=False),
    "br": _Brotli,
    "zstd": _Zstd,
}


class BodyDecoder:
    """Takes a body as it arrives and keeps it decoded, never more than `max_bytes` of either form.

    An encoding that nobody defines (`utf-8`, `none`) is taken for none: such servers send plain bytes.

    >>> decoder = BodyDecoder("", max_bytes=10)
    >>> decoder.feed(b"hello"); decoder.finish()
    b'hello'
    """

    def __init__(self, content_encoding: str, max_bytes: int) -> None:
        names = [name.strip() for name in content_encoding.lower().split(",")] if content_encoding else []
        layers = [_LAYERS[name]() for name in reversed(names) if name in _LAYERS]
        if len(layers) > _MAX_LAYERS:
            raise BodyBroken(f"{len(layers)} content encodings around each other")
        self._layers = layers
        self._max_bytes = max_bytes
        self._pieces: list[bytes] = []
        self._decoded_bytes = 0
        self.wire_bytes = 0

    def feed(self, data: bytes) -> None:
        """Raises BodyTooLarge or BodyBroken."""
        self.wire_bytes += len(data)
        pieces = self._decode(data) if self._layers else [data]
        self._pieces += pieces
        self._decoded_bytes += sum(map(len, pieces)) if self._layers else len(data)
        if self._decoded_bytes > self._max_bytes or self.wire_bytes > self._max_bytes:
            raise BodyTooLarge

    def _decode(self, data: bytes) -> list[bytes]:
        pieces = [data]
        room = self._max_bytes - self._decoded_bytes
        for layer in self._layers:
            try:
                pieces = [out for piece in pieces for out in layer.feed(piece, room)]
            except BodyTooLarge as error:
                if layer is self._layers[-1]:
                    self._pieces += error.pieces
                raise
            except _BROKEN as error:
                raise BodyBroken(f"the body is not what its Content-Encoding says: {error}") from error
        return pieces

    def finish(self) -> bytes:
        """The whole body. Raises BodyBroken when the encoded stream has not come to its end."""
        if not all(layer.ended() for layer in self._layers):
            raise BodyBroken("the encoded body ends too early")
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)

    def so_far(self) -> bytes:
        """What has been decoded until now, complete or not; as much of it as was allowed."""
        return b"".join(self._pieces)[: self._max_bytes]
