"""Pages are taken out of archives; every reader goes on behind them, and offsets stay what they were."""

import io
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from schemas.page import Page
from schemas.request import Request
from scrapers.archive.ledger import Ledger
from scrapers.archive.redaction import Redactor
from scrapers.archive.tombstones import CannotReplace, span_of, tombstone
from scrapers.archive.warc_reader import BrokenRecord, read_at, read_pages
from scrapers.archive.warc_records import Record, records
from scrapers.archive.warc_writer import WarcWriter

AT = 1_790_000_000.25
HTML = (("Content-Type", "text/html"),)


def archive(path: Path) -> list[Page]:
    """A short page, a long rendered one with a screenshot, and one whose request has a record of its own."""
    writer = WarcWriter(path.open("wb"), path.name, Redactor())
    pages = []
    for number, body in enumerate(
        (b"<b>Ann</b>", b"<b>Bob</b>" + bytes(range(256)) * 400, b"<b>Cid</b>", b"<b>Dee</b>")
    ):
        url = f"http://shop.test/p/{number}"
        request = Request("shop", url, "run", item={"note": "long " * 2000} if number == 2 else None)
        page = Page(request, 200, url, HTML, body, AT + number, rendered=number == 1)
        page.screenshot = b"\xff\xd8Bob" * 9 if page.rendered else b""
        page.archived = writer.add(page)
        pages.append(page)
    writer.close()
    return pages


def erase(path: Path, page: Page) -> None:
    assert page.archived
    data = bytearray(path.read_bytes())
    offset, length = span_of(io.BytesIO(data), path.name, page.archived.offset, len(data))
    data[offset : offset + length] = tombstone(length, is_gzip=True, at=AT, identity=f"{path.name} {offset}")
    path.write_bytes(data)


@pytest.mark.parametrize("gone", [0, 1, 2, 3])
def test_a_page_is_gone_and_the_others_stand_where_they_stood(
    tmp_path: Path, gone: int, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pages.warc.gz"
    pages = archive(path)
    size = path.stat().st_size

    erase(path, pages[gone])

    assert path.stat().st_size == size
    left = [page for page in pages if page is not pages[gone]]
    with path.open("rb") as stream:
        found = list(read_pages(stream, path.name))
    assert not [one for one in found if isinstance(one, BrokenRecord)]
    assert [page.body for page in found if isinstance(page, Page)] == [page.body for page in left]
    for page in left:
        assert page.archived
        assert read_at(str(path), page.archived.offset).body == page.body
    assert len(Ledger([str(path)])) == 3

    with path.open("rb") as stream:
        whole = b"".join(record.content_stream().read() for record in ArchiveIterator(stream))
    name = (b"Ann", b"Bob", b"Cid", b"Dee")[gone]
    assert name not in whole
    with path.open("rb") as stream:
        kinds = [record.headers["WARC-Type"] for record in FastIterator(stream)]
    assert kinds.count("metadata") == (3 if gone in (0, 3) else 2)  # of page 1, of page 2, and where one stood
    checker = Checker(type("Command", (), {"inputs": [str(path)], "verbose": True})())
    checker.process_all()
    assert "fail" not in capsys.readouterr().out.lower()
    assert checker.exit_value == 0


@pytest.mark.parametrize("is_gzip", [True, False])
def test_any_length_a_record_may_have(is_gzip: bool) -> None:
    for length in [*range(240, 480), 65_000, 65_535, 65_540, 65_558, 65_559, 65_800, 131_100, 131_500, 1_000_000]:
        data = tombstone(length, is_gzip=is_gzip, at=AT, identity="x")

        assert len(data) == length
        [record] = records(io.BytesIO(data), "x")
        assert isinstance(record, Record)
        assert record.fields["warc-type"] == "metadata"
        assert [one.rec_type for one in ArchiveIterator(io.BytesIO(data * 2))] == ["metadata"] * 2


def test_what_is_too_short_is_refused() -> None:
    with pytest.raises(CannotReplace, match="too few"):
        tombstone(90, is_gzip=True, at=AT, identity="x")
    with pytest.raises(CannotReplace, match="too few"):
        tombstone(90, is_gzip=False, at=AT, identity="x")


def test_a_place_that_is_no_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pages.warc.gz"
    archive(path)
    data = path.read_bytes()
    with pytest.raises(CannotReplace):
        span_of(io.BytesIO(data), path.name, 7, len(data))
