"""A rendered page is archived with all that belongs to it, and nobody takes it for what a server sent."""

import dataclasses
import gzip
import io
from pathlib import Path

import pytest
from isal import isal_zlib
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from schemas.page import Captured, Page
from schemas.request import Request
from scrapers.archive.ledger import Ledger
from scrapers.archive.redaction import Redactor
from scrapers.archive.warc_bytes import whole_length
from scrapers.archive.warc_reader import BrokenRecord, read_at, read_pages
from scrapers.archive.warc_writer import WarcWriter

LATIN = (("Content-Type", "text/html; charset=iso-8859-1"), ("X", "ü\udcff"), ("Content-Length", "3"))
PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20
ANSWERS = (
    Captured("https://api.shop.test/q", 200, "application/json", b'{"n":1}'),
    Captured("https://api.shop.test/q", 404, "", b""),
)


def page(number: int, *, captured: tuple[Captured, ...] = ANSWERS, screenshot: bytes = b"") -> Page:
    request = Request("shop", f"https://shop.test/{number}?a=b c", "exec", item={"carried": "é"})
    return Page(
        request, 200, f"https://shop.test/{number}?ü", LATIN, f"<p>é {number}".encode(), 1.7e9 + number, 0.5,
        rendered=True, captured=captured, screenshot=screenshot, incomplete=bool(screenshot),
    )  # fmt: skip


def plain(number: int) -> Page:
    request = Request("shop", f"https://shop.test/plain/{number}", "exec")
    return Page(request, 200, request.url, LATIN[:1], b"plain", 1.7e9)


def archive(pages: list[Page], redact: Redactor | None = None) -> bytes:
    file = io.BytesIO()
    writer = WarcWriter(file, "a.warc.gz", redact or Redactor())
    for one in pages:
        one.archived = writer.add(one)
    return file.getvalue()


def read(data: bytes) -> list[Page | BrokenRecord]:
    return list(read_pages(io.BytesIO(data), "a.warc.gz"))


def mixed() -> list[Page]:
    return [page(1), plain(2), page(3, screenshot=PICTURE), page(4, captured=()), plain(5)]


def test_a_page_comes_back_with_its_answers_and_its_picture(tmp_path: Path) -> None:
    pages = mixed()
    (tmp_path / "a.warc.gz").write_bytes(archive(pages))

    assert read((tmp_path / "a.warc.gz").read_bytes()) == pages
    for one in pages:
        assert one.archived is not None
        assert read_at(str(tmp_path / "a.warc.gz"), one.archived.offset) == one


def test_the_ledger_gives_whole_pages_and_none_that_was_given_up(tmp_path: Path) -> None:
    pages = mixed()
    (tmp_path / "a.warc.gz").write_bytes(archive(pages))
    ledger = Ledger([str(tmp_path / "a.warc.gz")])

    assert [ledger.find(one.request) for one in pages] == [pages[0], pages[1], None, pages[3], pages[4]]


def test_the_picture_has_a_pointer_of_its_own() -> None:
    one = page(1, screenshot=PICTURE)
    data = archive([plain(0), one])
    assert one.screenshot_archived is not None

    record = next(iter(ArchiveIterator(io.BytesIO(data[one.screenshot_archived.offset :]))))

    assert record.rec_headers["Content-Type"] == "image/jpeg"
    assert record.content_stream().read() == PICTURE
    assert record.rec_headers["WARC-Payload-Digest"] == one.screenshot_archived.digest


def test_other_tools_find_no_answer_that_no_server_gave(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(archive([page(1, screenshot=PICTURE)]))

    with path.open("rb") as stream:
        heads = [record.rec_headers for record in ArchiveIterator(stream)]
    _info, document, *parts = heads
    checker = Checker(type("Options", (), {"verbose": False, "inputs": [str(path)]})())
    checker.process_all()

    assert [(head["WARC-Type"], head["WARC-Target-URI"]) for head in [document, *parts]] == [
        ("resource", "urn:dom:https://shop.test/1?%C3%BC"),
        ("metadata", "urn:about:https://shop.test/1?%C3%BC"),
        ("response", "https://api.shop.test/q"),
        ("response", "https://api.shop.test/q"),
        ("resource", "urn:view:https://shop.test/1?%C3%BC"),
    ]
    assert document["Content-Type"] == "text/html; charset=utf-8"
    assert {part["WARC-Concurrent-To"] for part in parts} == {document["WARC-Record-ID"]}
    assert len({head["WARC-Record-ID"] for head in heads}) == 6
    assert (checker.exit_value, capsys.readouterr().out) == (0, "")


def test_a_file_cut_anywhere_costs_the_cut_page_and_nothing_else() -> None:
    pages = [plain(1), page(2), page(3, screenshot=PICTURE)]
    data = archive(pages)
    last = pages[2].archived
    assert last is not None

    for end in range(last.offset + 1, len(data), 97):
        found = read(data[:end])
        salvaged = read(data[: whole_length(io.BytesIO(data[:end]))])

        assert found[:2] == salvaged[:2] == pages[:2]
        assert len(found) == 3
        assert isinstance(found[2], BrokenRecord)
        assert all(isinstance(one, BrokenRecord) for one in salvaged[2:])


def test_a_damaged_part_costs_its_page_and_its_answers_pass_for_no_pages() -> None:
    pages = [page(1), page(2, screenshot=PICTURE), plain(3)]
    data = archive(pages)
    first, second = pages[0].archived, pages[1].archived
    assert first is not None
    assert second is not None
    starts = [at for at in range(first.offset, second.offset) if data.startswith(b"\x1f\x8b\x08", at)]

    for start in starts:
        damaged = bytearray(data)
        damaged[start + 40] ^= 255
        found = read(bytes(damaged))

        assert [one for one in found if isinstance(one, Page)] == pages[1:]
        assert any(isinstance(one, BrokenRecord) for one in found)


def test_secrets_are_in_none_of_the_records() -> None:
    one = page(1, captured=(Captured("https://x.test/?k=s3cr-et", 200, "s3cr-et", b'{"k": "s3cr-et"}'),))
    one = dataclasses.replace(
        one, body=b"s3cr-et", url="https://x.test/s3cr-et", headers=(("Set-Cookie", "sid"), ("X", "s3cr-et"))
    )

    text = gzip.decompress(archive([one], Redactor(["s3cr-et"]))).decode()

    assert "s3cr-et" not in text
    assert '["Set-Cookie", "[redacted]"]' in text


def test_pages_of_older_archives_are_read_as_ever() -> None:
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    request = '{"source":"shop","url":"https://shop.test/","execution_id":"exec"}'
    fields = (
        "WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Target-URI: https://shop.test/\r\n"
        "WARC-Date: 2023-11-14T22:13:20.000000Z\r\nContent-Type: application/http;msgtype=response\r\n"
        "Scrapeline-Elapsed-Secs: 0.5\r\nScrapeline-Rendered: true\r\n"
        f"Scrapeline-Request: {request}\r\nContent-Length: {len(head) + 3}\r\n\r\n"
    )

    [found] = read(isal_zlib.compress((fields + head + "<p>\r\n\r\n").encode(), 1, 31))

    assert isinstance(found, Page)
    assert (found.rendered, found.body, found.elapsed_secs, found.captured) == (True, b"<p>", 0.5, ())


def test_a_killed_process_leaves_no_half_of_a_page() -> None:
    """One write a page: whatever is on the disk ends with a whole group."""

    class Counting(io.BytesIO):
        writes = 0

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.writes += 1
            return super().write(data)

    file = Counting()
    writer = WarcWriter(file, "a.warc.gz", Redactor())
    before = file.writes
    writer.add(page(1, screenshot=PICTURE))

    assert file.writes == before + 1
