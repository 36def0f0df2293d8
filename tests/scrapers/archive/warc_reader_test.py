"""Pages come back out of archives: ours exactly, others' as far as they tell, damaged ones as far as they go."""

import dataclasses
import gzip
import io
import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from schemas.page import Page
from schemas.request import Request
from scrapers.archive.redaction import Redactor
from scrapers.archive.warc_bytes import whole_length
from scrapers.archive.warc_reader import BrokenRecord, NoPageError, read_at, read_pages
from scrapers.archive.warc_writer import WarcWriter

HEADERS = (("Content-Type", "text/html"), ("Content-Encoding", "br"), ("Content-Length", "9"), ("Server", "x"))


def page(number: int, size: int = 2000) -> Page:
    body = random.Random(number).randbytes(size)  # noqa: S311  not for secrets
    request = Request("shop", f"https://shop.test/{number}", "exec", page_type="listing", params={"n": number})
    return Page(request, 200, request.url, HEADERS, body, 1_700_000_000.123456 + number, 0.25, number % 2 == 0)


def archive(pages: list[Page]) -> bytes:
    file = io.BytesIO()
    writer = WarcWriter(file, "a.warc.gz", Redactor())
    for one in pages:
        one.archived = writer.add(one)
    return file.getvalue()


def read(data: bytes) -> list[Page | BrokenRecord]:
    return list(read_pages(io.BytesIO(data), "a.warc.gz"))


def good(found: list[Page | BrokenRecord]) -> list[Page]:
    return [one for one in found if isinstance(one, Page)]


def broken(found: list[Page | BrokenRecord]) -> list[BrokenRecord]:
    return [one for one in found if isinstance(one, BrokenRecord)]


PAGES = [page(number) for number in range(30)]
DATA = archive(PAGES)


def offset(number: int) -> int:
    pointer = PAGES[number].archived
    assert pointer is not None
    return pointer.offset


def test_our_own_pages_come_back_as_they_were() -> None:
    assert read(DATA) == PAGES


def test_a_carried_item_of_a_megabyte_comes_back() -> None:
    big = page(1)
    big.request = dataclasses.replace(big.request, item={"text": "ü" * 500_000, "n": 1}, request_id="")
    data = archive([big, page(2)])

    assert read(data) == [big, dataclasses.replace(page(2), archived=read(data)[1].archived)]  # type: ignore[union-attr]


def test_a_pointer_leads_to_its_page(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(DATA)

    assert read_at(str(tmp_path / "a.warc.gz"), offset(7)) == PAGES[7]
    for wrong in (0, offset(7) + 1, len(DATA), len(DATA) + 5):
        with pytest.raises(NoPageError):
            read_at(str(tmp_path / "a.warc.gz"), wrong)


@pytest.mark.parametrize("cut", [1, 3, 9, 100, 1000, 1500])
def test_a_cut_end_costs_the_last_record_only(cut: int) -> None:
    found = read(DATA[:-cut])

    assert good(found)[:29] == PAGES[:29]
    assert len(broken(found)) == 1
    assert whole_length(io.BytesIO(DATA[:-cut])) < len(DATA) - cut
    assert broken(read(DATA[: whole_length(io.BytesIO(DATA[:-cut]))])) == []


@pytest.mark.parametrize("seed", range(40))
def test_damage_in_the_middle_costs_what_it_hit(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    data, at = bytearray(DATA), chance.randrange(len(DATA) - 700)
    if seed % 4 == 0:
        data[at] ^= 1 << chance.randrange(8)
    elif seed % 4 == 1:
        data[at : at + 700] = chance.randbytes(700)
    elif seed % 4 == 2:
        del data[at : at + 700]
    else:
        data[at:at] = chance.randbytes(700)

    found = read(bytes(data))

    bodies = {one.url: one.body for one in PAGES}
    assert all(one.body == bodies[one.url] for one in good(found))
    assert len(good(found)) >= len(PAGES) - 2
    assert len(good(found)) == len(PAGES) or broken(found)


@pytest.mark.parametrize("number", [36, 50, 118])
def test_damage_that_decompresses_through_all_that_follows_costs_what_it_hit(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The times are those at which it does: they make the ids in the records, and so the bytes."""
    monkeypatch.setattr("scrapers.archive.warc_writer.time.time", lambda: 1.7e9 + number * 1.37)
    pages = [page(one) for one in range(30)]
    chance = random.Random(37)  # noqa: S311
    data = bytearray(archive(pages))
    at = chance.randrange(len(data) - 700)
    data[at : at + 700] = chance.randbytes(700)

    found = read(bytes(data))

    assert len(good(found)) >= len(pages) - 2
    assert broken(found)


def test_zeroes_and_text_between_members_are_stepped_over() -> None:
    data = DATA[: offset(3)] + b"\0" * 512 + DATA[offset(3) : offset(5)] + b"HTTP" * 100 + DATA[offset(5) :]

    found = read(data)

    assert [one.url for one in good(found)] == [one.url for one in PAGES]
    assert len(broken(found)) == 2


def test_a_page_whose_request_was_lost_is_broken() -> None:
    big = page(1)
    big.request = dataclasses.replace(big.request, item={"text": "x" * 10_000}, request_id="")
    data = archive([big])
    assert big.archived is not None
    response_end = data.index(b"\x1f\x8b\x08", big.archived.offset + 1)

    [only] = read(data[:response_end])

    assert isinstance(only, BrokenRecord)


@pytest.mark.parametrize(
    "junk", [b"", b"\n", b"GIF89a....", b"filedesc://x.arc 0.0.0.0", b"\x1f\x8b\x08", gzip.compress(b"x", mtime=0)]
)
def test_what_is_no_archive_gives_no_page_and_no_exception(junk: bytes) -> None:
    assert good(read(junk)) == []


def foreign(version: str, body: bytes, headers: list[tuple[str, str]], *, compressed: bool) -> bytes:
    """A file as other tools write them."""
    file = io.BytesIO()
    writer = WARCWriter(file, gzip=compressed, warc_version=version)
    writer.write_record(writer.create_warcinfo_record("x.warc", {"software": "other"}))
    head = StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1")
    for kind in ("request", "response", "revisit"):
        record = writer.create_warc_record("http://other.test/x", kind, io.BytesIO(body), http_headers=head)
        writer.write_record(record)
    for uri in ("metadata://tool/log", "http://other.test/file"):
        writer.write_record(
            writer.create_warc_record(uri, "resource", io.BytesIO(b"text"), warc_content_type="text/plain")
        )
    return file.getvalue()


TEXT = b"<html>" + b"hello " * 1000 + b"</html>"
CHUNKED = b"6\r\nhello \r\n5;x=y\r\nworld\r\n0\r\nTrailer: 1\r\n\r\n"


@pytest.mark.parametrize("version", ["WARC/1.0", "WARC/1.1"])
@pytest.mark.parametrize("compressed", [True, False])
def test_other_tools_files_give_pages_of_no_source(version: str, compressed: bool) -> None:
    data = foreign(version, TEXT, [("Content-Type", "text/html")], compressed=compressed)

    response, resource = read(data)

    assert isinstance(response, Page)
    assert (response.status, response.url, response.body) == (200, "http://other.test/x", TEXT)
    assert response.request == Request("", "http://other.test/x", "")
    assert isinstance(resource, Page)
    assert (resource.header("content-type"), resource.body) == ("text/plain", b"text")
    assert resource.archived is not None
    assert data[resource.archived.offset :].startswith(b"\x1f\x8b" if compressed else b"WARC/")


@pytest.mark.parametrize("repack", [gzip.compress, zstandard.compress])
def test_a_file_compressed_as_a_whole_is_read(repack: "gzip.compress") -> None:  # type: ignore[valid-type]
    found = read(repack(gzip.decompress(DATA)))  # type: ignore[misc]

    assert [one.body for one in good(found)] == [one.body for one in PAGES]


def test_zstandard_frames_are_records_with_offsets() -> None:
    frames = [zstandard.compress(gzip.decompress(DATA[offset(n) : offset(n + 1)])) for n in range(3)]

    found = good(read(b"".join(frames)))

    assert [one.archived.offset for one in found if one.archived] == [0, len(frames[0]), len(frames[0] + frames[1])]


@pytest.mark.parametrize(
    ("headers", "stored", "body"),
    [
        ([("Content-Encoding", "gzip")], gzip.compress(TEXT, mtime=0), TEXT),
        ([("Content-Encoding", "br")], brotli.compress(TEXT), TEXT),
        ([("Content-Encoding", "zstd")], zstandard.compress(TEXT), TEXT),
        ([("Content-Encoding", "gzip")], TEXT, TEXT),
        ([("Transfer-Encoding", "chunked")], CHUNKED, b"hello world"),
        ([("Transfer-Encoding", "chunked")], TEXT, TEXT),
        ([("Transfer-Encoding", "chunked"), ("Content-Encoding", "identity")], CHUNKED, b"hello world"),
    ],
)
def test_encodings_of_other_tools_files_are_undone(headers: list[tuple[str, str]], stored: bytes, body: bytes) -> None:
    found = read(foreign("WARC/1.0", stored, headers, compressed=True))

    assert good(found)[0].body == body


@pytest.mark.parametrize("stored", [gzip.compress(TEXT, mtime=0)[:-20], brotli.compress(TEXT)[:-3] + b"\xff\xff\xff"])
def test_a_body_that_cannot_be_decoded_is_broken(stored: bytes) -> None:
    coding = "gzip" if stored.startswith(b"\x1f\x8b") else "br"

    found = read(foreign("WARC/1.0", stored, [("Content-Encoding", coding)], compressed=True))

    assert coding in broken(found)[0].reason or "cut" in broken(found)[0].reason


def test_plain_files_go_on_after_a_broken_record() -> None:
    data = foreign("WARC/1.0", TEXT, [], compressed=False)
    second = foreign("WARC/1.0", b"second", [], compressed=False)

    found = read(data[:-200] + second)

    assert [one.body for one in good(found)][-2:] == [b"second", b"text"]
    assert broken(read(data.replace(b"Content-Length: ", b"Content-Length: x", 2)))


class Endless(io.RawIOBase):
    """Many copies of the same records, never all in memory."""

    def __init__(self, data: bytes, copies: int) -> None:
        self._chunks: Iterator[bytes] = (data for _ in range(copies))

    def read(self, size: int = -1) -> bytes:
        return next(self._chunks, b"")


def test_memory_does_not_grow_with_the_file() -> None:
    tracemalloc.start()
    count = sum(isinstance(one, Page) for one in read_pages(Endless(DATA, 20), "a.warc.gz"))  # type: ignore[arg-type]
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[1]
    more = sum(isinstance(one, Page) for one in read_pages(Endless(DATA, 200), "a.warc.gz"))  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (count, more) == (20 * len(PAGES), 200 * len(PAGES))
    assert peak - before < 2_000_000
