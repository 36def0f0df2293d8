"""What is written can be read by any tool, from exactly where the pointer says."""

import gzip
import hashlib
import io
import subprocess
import sys
import textwrap
from base64 import b32encode
from pathlib import Path
from typing import Any

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from schemas.page import ArchivePointer, Page
from schemas.request import Request
from scrapers.archive.redaction import Redactor
from scrapers.archive.warc_writer import WarcWriter

HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Encoding", "gzip"),
    ("Transfer-Encoding", "chunked"),
    ("X-Twice", "a"),
    ("X-Twice", "b"),
)


def page(number: int = 1, body: bytes = b"<html>ok</html>", **changes: Any) -> Page:
    request = Request("shop", f"https://shop.test/p?n={number}", "exec", **changes.pop("request", {}))
    return Page(request, changes.pop("status", 200), request.url, changes.pop("headers", HEADERS), body, 1.7e9 + number)


def write(path: Path, pages: list[Page], redact: Redactor | None = None) -> list[ArchivePointer]:
    writer = WarcWriter(path.open("wb"), path.name, redact or Redactor())
    pointers = [writer.add(one) for one in pages]
    writer.close()
    assert writer.size_bytes == path.stat().st_size
    return pointers


def problems_of(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What `warcio check -v` finds wrong."""
    checker = Checker(type("Options", (), {"verbose": False, "inputs": [str(path)]})())
    checker.process_all()
    return ("exit " + str(checker.exit_value) if checker.exit_value else "") + capsys.readouterr().out


STRANGE = [
    page(body=b""),
    page(body=bytes(range(256)) * 300),
    page(status=999),
    page(status=204, headers=()),
    page(headers=(("Content-Length", "5"), ("X", "\udcff\ud800é"), ("", "empty"), ("Set-Cookie", "a=b"))),
    page(request={"item": {"text": "é\u2028\r\nWARC/1.1" * 50, "big": "x" * 1_000_000}}),
    page(request={"method": "POST", "body": b"\xff\x00", "headers": (("Host", "other.test"),)}),
    page(request={"params": {"naïve": "日本"}}),
]


def test_warcio_finds_nothing_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "a.warc.gz", STRANGE)

    assert problems_of(tmp_path / "a.warc.gz", capsys) == ""


@pytest.mark.parametrize("number", range(len(STRANGE)))
def test_other_readers_get_the_body_from_where_the_pointer_says(tmp_path: Path, number: int) -> None:
    path = tmp_path / "a.warc.gz"
    pointer = write(path, STRANGE)[number]
    data = path.read_bytes()[pointer.offset :]
    wanted = STRANGE[number]

    record = next(iter(ArchiveIterator(io.BytesIO(data))))
    fast = next(iter(FastIterator(io.BytesIO(data))))

    assert (record.rec_type, record.http_headers.get_statuscode()) == ("response", str(wanted.status))
    assert record.content_stream().read() == wanted.body
    assert fast.reader.read() == wanted.body
    assert fast.http_headers.status_code == wanted.status
    assert pointer.file == "a.warc.gz"
    assert pointer.digest == "sha1:" + b32encode(hashlib.sha1(wanted.body).digest()).decode()  # noqa: S324  as WARC does
    assert record.rec_headers["WARC-Payload-Digest"] == pointer.digest


def test_records_say_what_they_are_and_belong_together(tmp_path: Path) -> None:
    write(tmp_path / "a.warc.gz", [page()])

    with (tmp_path / "a.warc.gz").open("rb") as stream:
        heads = [record.rec_headers for record in ArchiveIterator(stream)]

    info, response, request = heads
    assert [head["WARC-Type"] for head in heads] == ["warcinfo", "response", "request"]
    assert info["WARC-Filename"] == "a.warc.gz"
    assert request["WARC-Concurrent-To"] == response["WARC-Record-ID"]
    assert response["WARC-Date"] == "2023-11-14T22:13:21.000000Z"
    assert len({head["WARC-Record-ID"] for head in heads}) == 3


def test_heads_describe_the_stored_body_and_keep_the_original_fields(tmp_path: Path) -> None:
    write(tmp_path / "a.warc.gz", [page()])

    with (tmp_path / "a.warc.gz").open("rb") as stream:
        [headers] = [record.http_headers.headers for record in ArchiveIterator(stream) if record.rec_type == "response"]

    assert headers == [
        ("Content-Type", "text/html; charset=utf-8"),
        ("X-Archive-Orig-Content-Encoding", "gzip"),
        ("X-Archive-Orig-Transfer-Encoding", "chunked"),
        ("X-Twice", "a"),
        ("X-Twice", "b"),
        ("Content-Length", "15"),
    ]


def test_the_same_page_gives_the_same_records(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.warc.gz", [page(), page()])
    data = (tmp_path / "a.warc.gz").read_bytes()

    assert data[first.offset : second.offset] == data[second.offset :]


@pytest.mark.parametrize("evil", ["x\r\nInjected: 1", "x\nInjected: 1", "x\r\n\r\nWARC/1.1\r\nInjected: 1", "\x00\r"])
def test_no_value_can_break_out_of_its_line(tmp_path: Path, evil: str, capsys: pytest.CaptureFixture[str]) -> None:
    bad = page(
        headers=(("X", evil), (evil, "x")), request={"method": evil, "headers": ((evil, evil),), "page_type": evil}
    )
    bad.url = f"https://shop.test/{evil}"
    path = tmp_path / "a.warc.gz"
    write(path, [bad])

    with path.open("rb") as stream:
        found = list(ArchiveIterator(stream))
        names = {name.lower() for one in found for name, _ in one.rec_headers.headers}
        names |= {name.lower() for one in found if one.http_headers for name, _ in one.http_headers.headers}

    assert len(found) == 3
    assert "injected" not in names
    assert problems_of(path, capsys) == ""


def test_secrets_are_nowhere_in_the_file(tmp_path: Path) -> None:
    secret = "p&ss w/rd"  # noqa: S105
    one = page(
        body=f'<a href="?k=p%26ss%20w%2Frd">{secret} p&amp;ss w/rd</a>'.encode(),
        headers=(("Set-Cookie", "sid=41"), ("X-Echo", secret)),
        request={
            "headers": (("Authorization", "Basic 41"), ("X-Key", "${secret.shop}"), ("X-Own", secret)),
            "body": secret.encode(),
            "item": {"echo": secret},
        },
    )
    one.url = "https://shop.test/?k=p%26ss+w%2Frd"
    write(tmp_path / "a.warc.gz", [one], Redactor([secret]))

    text = gzip.decompress((tmp_path / "a.warc.gz").read_bytes()).decode()

    for spelling in (secret, "p%26ss%20w%2Frd", "p%26ss+w%2Frd", "p&amp;ss w/rd", "sid=41", "Basic 41"):
        assert spelling not in text
    assert "X-Key: ${secret.shop}" in text
    assert "Set-Cookie: [redacted]" in text


def test_a_killed_process_loses_no_page_that_was_added(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    code = f"""
        import os, signal
        from schemas.page import Page
        from schemas.request import Request
        from scrapers.archive.redaction import Redactor
        from scrapers.archive.warc_writer import WarcWriter
        writer = WarcWriter(open({str(path)!r}, "wb", buffering=1 << 20), "a.warc.gz", Redactor())
        for number in range(20):
            writer.add(Page(Request("s", f"http://a.test/{{number}}", "e"), 200, "http://a.test/", (), b"x", 1.0))
        os.kill(os.getpid(), signal.SIGKILL)
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=Path(__file__).parents[3], check=False, timeout=60
    )

    assert ended.returncode < 0
    with path.open("rb") as stream:
        assert sum(record.rec_type == "response" for record in ArchiveIterator(stream)) == 20
