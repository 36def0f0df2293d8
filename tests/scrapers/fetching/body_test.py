"""Content encodings are undone whole or in pieces, and never past the limit."""

import gzip
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard

from scrapers.fetching.body import BodyBroken, BodyDecoder, BodyTooLarge

TEXT = b"<li>lamp</li>" * 5000


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


def decode(encoding: str, data: bytes, *, piece: int = 1000, max_bytes: int = 10_000_000) -> bytes:
    decoder = BodyDecoder(encoding, max_bytes)
    for start in range(0, len(data), piece):
        decoder.feed(data[start : start + piece])
    return decoder.finish()


@pytest.mark.parametrize("piece", [1, 7, 1000, 1_000_000])
@pytest.mark.parametrize("encoding", PACKERS)
def test_a_body_comes_out_whatever_the_pieces_it_arrived_in(encoding: str, piece: int) -> None:
    assert decode(encoding, PACKERS[encoding](TEXT), piece=piece) == TEXT


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_body_that_ends_early_is_broken(encoding: str) -> None:
    with pytest.raises(BodyBroken, match="ends too early"):
        decode(encoding, PACKERS[encoding](TEXT)[:-9])


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_bomb_stops_at_the_limit(encoding: str) -> None:
    bomb = PACKERS[encoding](b"\0" * 30_000_000)
    assert len(bomb) < 100_000
    with pytest.raises(BodyTooLarge):
        decode(encoding, bomb, piece=100_000, max_bytes=1_000_000)


@pytest.mark.parametrize("piece", [7, 1_000_000])
def test_members_and_frames_one_after_another_are_one_body(piece: int) -> None:
    assert decode("gzip", gzip.compress(TEXT) + gzip.compress(b"end"), piece=piece) == TEXT + b"end"
    assert decode("zstd", zstandard.compress(TEXT) + zstandard.compress(b"end"), piece=piece) == TEXT + b"end"


def test_padding_after_the_last_member_is_ignored() -> None:
    assert decode("gzip", gzip.compress(TEXT) + b"\0" * 100) == TEXT


def test_deflate_without_its_header_is_understood() -> None:
    assert decode("deflate", raw_deflate(TEXT)) == TEXT


def test_encodings_around_each_other_are_undone_from_the_outside() -> None:
    assert decode("gzip, br", brotli.compress(gzip.compress(TEXT))) == TEXT
    with pytest.raises(BodyBroken, match="4 content encodings"):
        BodyDecoder("gzip, gzip, gzip, gzip", 1000)


def test_plain_bytes_under_a_wrong_name_stay_as_they_are() -> None:
    assert decode("gzip", TEXT) == TEXT
    assert decode("utf-8", TEXT) == TEXT
    assert decode("", TEXT) == TEXT
    assert [decode(encoding, b"") for encoding in (*PACKERS, "")] == [b""] * 6


def test_garbage_inside_an_encoding_is_broken() -> None:
    packed = bytearray(gzip.compress(TEXT))
    packed[30:60] = b"\xff" * 30
    with pytest.raises(BodyBroken):
        decode("gzip", bytes(packed))


@pytest.mark.parametrize("encoding", [*PACKERS, ""])
def test_what_came_before_the_limit_can_be_had(encoding: str) -> None:
    data = PACKERS[encoding](TEXT) if encoding else TEXT
    decoder = BodyDecoder(encoding, 1000)
    with pytest.raises(BodyTooLarge):
        decoder.feed(data)
    assert decoder.so_far() == TEXT[:1000]


def test_a_body_without_encoding_has_the_same_limit() -> None:
    with pytest.raises(BodyTooLarge):
        decode("", b"x" * 2000, max_bytes=1999)
