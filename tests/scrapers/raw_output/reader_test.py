"""Raw files become pages of a source; what is no record is a letter, and the invariant holds whatever the file is."""

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.events.arrival import RawOutput
from schemas.outcome import Scraped
from schemas.tally import Tally, unaccounted
from scrapers.archive.warc_reader import open_local
from scrapers.extraction.scraper import reader
from scrapers.raw_output.reader import RawReader
from scrapers.source_files.load import load_sources

GAMES = """
source: games
table: nba_raw.games
key: [id]
raw: {}
items: {jmes: "[]"}
fields:
  id: {jmes: id, type: integer, required: true}
  team: {jmes: team.name}
"""
Read = Callable[..., list[Scraped]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a file of these bytes as raw output of a source; gives everything, after the invariant held."""

    def read_bytes(data: bytes | None, name: str = "raw", text: str = GAMES, record_count: int | None = None) -> Any:
        (tmp_path / "games.yaml").write_text(text)
        path = tmp_path / name
        if data is not None:
            path.write_bytes(data)
        sources = load_sources(tmp_path)
        raw = RawOutput("e1", "games", str(path), record_count, 1_000.0)
        scraped = list(RawReader(sources, reader(sources), open_local).read(raw))
        tally = Tally()
        tally.know([raw.raw_id])
        for one in scraped:
            tally.end(one.outcome, one.page)
        assert unaccounted(tally) == (0, 0)
        assert sum(tally.dead.values()) == sum(one.letter is not None for one in scraped)
        return scraped

    return read_bytes


def items(scraped: list[Scraped]) -> list[Any]:
    return [item for one in scraped for item in one.items]


def letters(scraped: list[Scraped]) -> list[tuple[str, str]]:
    return [(str(one.letter.reason), one.letter.message) for one in scraped if one.letter]


def notes(scraped: list[Scraped]) -> list[str]:
    return [note for one in scraped for note in one.outcome.notes]


def records(count: int) -> list[dict[str, Any]]:
    return [{"id": number, "team": {"name": f'T{number}, [é] \\ " }}'}} for number in range(count)]


def line_by_line(count: int) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in records(count))


@pytest.mark.parametrize(
    ("name", "as_array"),
    [("raw", False), ("raw.json", False), ("raw.jsonl.gz", False), ("raw", True), ("raw.json.gz", True)],
)
def test_arrays_and_lines_plain_and_gzip_are_the_same_items(read: Read, name: str, as_array: bool) -> None:
    data = json.dumps(records(1_203), indent=1).encode() if as_array else line_by_line(1_203)
    scraped = read(gzip.compress(data) if name.endswith(".gz") else data, name, record_count=1_203)
    assert items(scraped) == [{"id": one["id"], "team": one["team"]["name"]} for one in records(1_203)]
    assert letters(scraped) == notes(scraped) == []
    pages = [one.page for one in scraped if one.page]
    assert len(pages) == 3
    assert {page.fetched_at for page in pages} == {1_000.0}
    assert [page.archived.offset for page in pages if page.archived][1] > 500 * 10


def test_a_document_is_a_page_whose_items_the_source_finds(read: Read) -> None:
    text = GAMES.replace('"[]"', "data.games")
    data = json.dumps({"date": "2026-11-22", "data": {"games": records(3)}}, indent=2).encode()
    scraped = read(data, "bdl.json", text, record_count=3)
    assert [one["id"] for one in items(scraped)] == [0, 1, 2]
    assert notes(scraped) == []


def test_without_items_each_record_is_an_item(read: Read) -> None:
    text = GAMES.replace('items: {jmes: "[]"}\n', "")
    assert [one["id"] for one in items(read(line_by_line(3), text=text))] == [0, 1, 2]
    assert [one["id"] for one in items(read(json.dumps(records(3)).encode(), text=text))] == [0, 1, 2]


def test_a_line_that_is_no_json_is_a_letter_with_its_bytes_and_the_others_go_on(read: Read) -> None:
    good = line_by_line(2).splitlines(keepends=True)
    scraped = read(good[0] + b'{"id": \xff}\n\n' + b"[1\n2],3\n" + good[1], record_count=5)
    assert [one["id"] for one in items(scraped)] == [0, 1]
    assert [message.partition(": ")[2][:17] for _, message in letters(scraped)] == [
        "line 2 is no JSON", "line 4 is no JSON", "line 5 is no JSON"
    ]  # fmt: skip
    first = next(one.letter for one in scraped if one.letter)
    assert json.loads(first.event or "")["data_base64"] == "eyJpZCI6IP99"
    assert notes(scraped) == []


def test_an_array_that_breaks_off_keeps_what_was_before_it(read: Read) -> None:
    data = json.dumps(records(700)).encode()[:-1]
    scraped = read(data + b", {oops")
    assert len(items(scraped)) == 700
    [(reason, message)] = letters(scraped)
    assert reason == "bad_content"
    assert "element 701, at byte" in message
    assert "nothing behind it is read" in message


def test_a_count_that_does_not_fit_is_said(read: Read) -> None:
    [note] = notes(read(line_by_line(3), record_count=5))
    assert note == "record_count: the event says 5, read were 3 records with 3 items"


@pytest.mark.parametrize("name", ["gone.json", "cut.ndjson.gz", "no.json.gz"])
def test_a_file_that_cannot_be_read_is_one_letter(read: Read, name: str) -> None:
    data = {"gone.json": None, "cut.ndjson.gz": gzip.compress(line_by_line(9))[:-30], "no.json.gz": b"\x1f\x8bxxx"}
    [(reason, message)] = letters(read(data[name], name))
    assert (reason, "cannot be read" in message) == ("unreadable", True)


def test_what_is_large_is_bounded(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scrapers.raw_output.pages.MOST_DOCUMENT_BYTES", 1_000)
    monkeypatch.setattr("scrapers.raw_output.records.MOST_RECORD_BYTES", 1_000)
    long = json.dumps({"id": 7, "team": {"name": "x" * 5_000}}).encode()
    assert [reason for reason, _ in letters(read(long, "a.json"))] == ["too_large"]
    scraped = read(line_by_line(1) + long + b"\n" + line_by_line(2), "a.ndjson")
    assert [reason for reason, _ in letters(scraped)] == ["too_large"]
    assert [one["id"] for one in items(scraped)] == [0, 0, 1]


class Endless(io.RawIOBase):
    """A stream of lines that never held more than a piece of itself, however long it is."""

    def __init__(self, count: int) -> None:
        self._lines = (f'{{"id": {number}, "team": {{}}}}\n'.encode() for number in range(count))
        self._rest = b""
        self.most_asked = 0

    def read(self, size: int = -1) -> bytes:
        assert size > 0
        self.most_asked = max(self.most_asked, size)
        while len(self._rest) < size and (line := next(self._lines, b"")):
            self._rest += line
        data, self._rest = self._rest[:size], self._rest[size:]
        return data


def test_a_long_file_is_read_piece_by_piece(tmp_path: Path) -> None:
    (tmp_path / "games.yaml").write_text(GAMES)
    sources, stream = load_sources(tmp_path), Endless(20_000)
    raw = RawReader(sources, reader(sources), lambda _: stream).read(RawOutput("e1", "games", "gs://b/x.ndjson"))
    assert sum(len(one.items) for one in raw) == 20_000
    assert stream.most_asked < 1 << 20


WARC = """
source: games
table: shop.pages
raw: {page: detail}
pages:
  listing: {items: {css: b}, fields: {id: {css: "::attr(id)"}}}
  detail: {fields: {id: {css: "b::attr(id)", required: true}}, next: {css: a}}
"""


def warc(*pages: tuple[str, str, bytes]) -> bytes:
    found = b""
    for url, kind, body in pages:
        block = b"HTTP/1.1 200 OK\r\nContent-Type: " + kind.encode() + b"\r\n\r\n" + body
        head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-11-22T00:00:00Z\r\n"
        head += f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
        found += gzip.compress(head.encode() + block + b"\r\n\r\n")
    return found


def test_archived_answers_are_pages_of_the_type_that_the_source_says(read: Read) -> None:
    data = warc(
        ("https://x.test/1", "text/html", b"<b id=one></b><a href=/2>next</a>"),
        ("https://x.test/a.png", "image/png", b"\x89PNG"),
        ("https://x.test/2", "text/html", b"<b id=two></b>"),
        ("https://x.test/3", "text/html", b"<p>nothing</p>"),
    )
    scraped = read(data, "pages.warc.gz", WARC, record_count=3)
    assert items(scraped) == [{"id": "one"}, {"id": "two"}]
    assert [reason for reason, _ in letters(scraped)] == ["no_items"]
    assert notes(scraped) == []
