"""Bodies that are cut, bombs, endless, encoded or no pages at all, injected over loopback."""

import asyncio
import gzip
import zlib
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard


def with_a_fine_page(crawl: Any, server: Any, path: str = "/bad", **more: Any) -> Any:
    """Fetches the bad path between two fine pages, which must not be hurt."""
    server.on("/fine", server.page("<b>fine</b>"))
    server.on("/also", server.page("<b>also</b>"))
    result = crawl(["/fine", path, "/also"], **more)
    assert result.items == ["also", "fine"]
    assert result.holds
    assert result.reasons["pages"] == 2
    return result


def letter_of(result: Any, path: str = "/bad") -> Any:
    assert list(result.letters) == [path]
    return result.letters[path]


def test_a_body_cut_short_is_tried_again(crawl: Any, server: Any) -> None:
    async def cut(_hit: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n<b>half</b>")
        writer.close()

    server.on("/bad", cut)
    letter = letter_of(with_a_fine_page(crawl, server))
    assert (letter.reason, letter.attempts) == ("connection", 3)

    server.on("/bad", cut, server.page("<b>whole</b>"))
    assert crawl(["/bad"]).items == ["whole"]


def test_a_chunked_body_that_ends_without_its_last_chunk_is_cut(crawl: Any, server: Any) -> None:
    async def cut(_hit: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n<b>x</b>\r\n")
        writer.close()

    server.on("/bad", cut)
    assert letter_of(with_a_fine_page(crawl, server)).reason == "connection"


def test_chunked_garbage_is_a_connection_error(crawl: Any, server: Any) -> None:
    async def garbage(_hit: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nwhat is this\r\n")
        writer.close()

    server.on("/bad", garbage)
    assert letter_of(with_a_fine_page(crawl, server)).reason in ("connection", "bad_content")


def test_a_gzip_bomb_stops_at_the_limit(crawl: Any, server: Any) -> None:
    bomb = gzip.compress(b"\0" * 100_000_000)
    server.on("/bad", server.page(bomb, Content_Encoding="gzip"))
    letter = letter_of(with_a_fine_page(crawl, server, source={"fetch": {"max_bytes": 1_000_000}}))
    assert (letter.reason, letter.attempts) == ("too_large", 1)


def test_a_body_of_200_mb_is_refused_by_its_length(crawl: Any, server: Any) -> None:
    sent = 0

    async def endless(_hit: Any, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 200000000\r\n\r\n")
        while sent < 200_000_000:
            writer.write(b"x" * 100_000)
            await writer.drain()
            sent += 100_000

    server.on("/bad", endless)
    assert letter_of(with_a_fine_page(crawl, server)).reason == "too_large"
    assert sent < 50_000_000


def test_a_body_of_200_mb_that_does_not_say_so_is_left_at_the_limit(crawl: Any, server: Any) -> None:
    sent = 0

    async def endless(_hit: Any, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
        while sent < 200_000_000:
            writer.write(b"186a0\r\n" + b"x" * 100_000 + b"\r\n")
            await writer.drain()
            sent += 100_000

    server.on("/bad", endless)
    assert letter_of(with_a_fine_page(crawl, server, source={"fetch": {"max_bytes": 1_000_000}})).reason == "too_large"
    assert sent < 50_000_000


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/pdf", b"%PDF-1.7 ..."),
        ("image/png", b"\x89PNG\r\n\x1a\n"),
        ("text/html", b"%PDF-1.7 says it is HTML"),
        ("text/html", b"text with \0 in it"),
        ("text/html", b""),
    ],
)
def test_a_body_that_is_no_page_is_bad_content(crawl: Any, server: Any, kind: str, body: bytes) -> None:
    server.on("/bad", server.page(body, kind=kind))
    result = with_a_fine_page(crawl, server)
    assert letter_of(result).reason == "bad_content"
    assert result.ended["/bad"].page is not None


def test_content_types_decide_alone_where_the_source_names_them(crawl: Any, server: Any) -> None:
    server.on("/json", server.page('{"a": "<b>x</b>"}', kind="application/json"))
    server.on("/html", server.page("<b>x</b>"))
    result = crawl(["/json", "/html"], source={"fetch": {"content_types": "application/json"}})
    assert (result.items, result.holds) == (["x"], True)
    assert result.letters["/html"].message == "content type text/html, expected application/json"


@pytest.mark.parametrize(
    "kind", ["text/html; charset=utf-8", "text/html; charset=iso-2022-jp", "text/html; charset=nonsense", "nonsense"]
)
def test_broken_utf_8_and_a_wrong_charset_are_left_to_the_parser(crawl: Any, server: Any, kind: str) -> None:
    server.on("/bad", server.page(b"<b>caf\xe9 \xff\xfe \xc3</b>", kind=kind))
    result = crawl(["/bad"])
    assert (len(result.items), result.letters, result.holds) == (1, {}, True)
    assert result.ended["/bad"].page.body == b"<b>caf\xe9 \xff\xfe \xc3</b>"


def test_an_http_1_0_server_is_read_to_its_end(crawl: Any, server: Any) -> None:
    async def old(_hit: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<b>old</b>")
        writer.close()

    server.on("/old", old)
    result = crawl(["/old"])
    assert (result.items, result.holds) == (["old"], True)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_encodings_are_undone(crawl: Any, server: Any, encoding: str) -> None:
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstandard.compress}[
        encoding
    ]
    body = b"<b>packed</b>" + b" " * 100_000
    server.on("/x", server.page(pack(body), Content_Encoding=encoding))
    result = crawl(["/x"])
    assert (result.items, result.ended["/x"].page.body) == (["packed"], body)
    assert result.ended["/x"].outcome.bytes == len(pack(body))


def test_an_encoded_body_that_ends_early_is_tried_again(crawl: Any, server: Any) -> None:
    packed = gzip.compress(b"<b>packed</b>" * 1000)
    server.on("/x", server.page(packed[:-20], Content_Encoding="gzip"), server.page(packed, Content_Encoding="gzip"))
    result = crawl(["/x"])
    assert (len(result.items), result.ended["/x"].outcome.retries) == (1000, 1)
