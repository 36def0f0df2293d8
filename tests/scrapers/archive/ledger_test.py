"""What was archived is found by its request; what is cut or damaged is fetched again."""

import dataclasses
from pathlib import Path

from schemas.page import ArchivePointer, Page
from schemas.request import Request
from scrapers.archive.ledger import Ledger
from scrapers.archive.redaction import Redactor
from scrapers.archive.warc_writer import WarcWriter


def request(number: int, execution: str = "exec") -> Request:
    return Request("shop", f"https://shop.test/{number}", execution, headers=(("Authorization", "Bearer x"),))


def write(path: Path, requests: list[Request], body: bytes = b"body", at: float = 1.0) -> list[ArchivePointer]:
    writer = WarcWriter(path.open("wb"), path.name, Redactor())
    pointers = [writer.add(Page(one, 200, one.url, (), body, at)) for one in requests]
    writer.close()
    return pointers


def test_pages_are_found_in_finished_and_unfinished_files(tmp_path: Path) -> None:
    [first] = write(tmp_path / "run-a1-x.warc.gz", [request(1)])
    write(tmp_path / ".run-a2-y.warc.gz.tmp", [request(2), request(3)])
    cut = tmp_path / ".run-a2-y.warc.gz.tmp"
    cut.write_bytes(cut.read_bytes()[:-400])

    ledger = Ledger(map(str, sorted(tmp_path.iterdir())))

    found = ledger.find(request(1))
    assert found is not None
    assert (found.request, found.body, found.archived) == (request(1), b"body", first)
    assert ledger.find(request(2)) is not None
    assert ledger.find(request(3)) is None
    assert ledger.find(request(1, "other")) is None


def test_of_several_pages_of_a_request_the_newest_counts_and_a_damaged_one_does_not(tmp_path: Path) -> None:
    write(tmp_path / "b.warc.gz", [request(1)], b"old", at=1.0)
    [newest] = write(tmp_path / "a.warc.gz", [request(1)], b"new", at=2.0)
    ledger = Ledger([str(tmp_path / "a.warc.gz"), str(tmp_path / "b.warc.gz")])

    found = ledger.find(request(1))
    assert found is not None
    assert found.body == b"new"
    assert len(ledger) == 2

    data = bytearray((tmp_path / "a.warc.gz").read_bytes())
    data[newest.offset + 40] ^= 255
    (tmp_path / "a.warc.gz").write_bytes(data)
    found = ledger.find(request(1))
    assert found is not None
    assert found.body == b"old"


def test_a_carried_item_too_long_for_a_header_is_found_too(tmp_path: Path) -> None:
    long = dataclasses.replace(request(1), item={"text": "x" * 100_000}, request_id="")
    write(tmp_path / "a.warc.gz", [long])

    found = Ledger([str(tmp_path / "a.warc.gz")]).find(long)

    assert found is not None
    assert found.request == long


def test_no_files_and_files_of_other_tools_know_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.warc").write_bytes(b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n\r\n")
    (tmp_path / "y.gz").write_bytes(b"junk")

    assert len(Ledger([])) == 0
    assert len(Ledger([str(tmp_path / "gone.warc.gz")])) == 0
    assert Ledger([]).find(request(1)) is None
    assert len(Ledger(map(str, tmp_path.iterdir()))) == 0
