"""Connections: kept, given up, and what goes over them."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from scrapers.fetching.address_guard import Guard
from scrapers.fetching.failures import AttemptFailed
from scrapers.fetching.http_connection import Answer
from scrapers.fetching.http_session import HttpSession

Body = Callable[[HttpSession], Coroutine[Any, Any, Any]]


def run(server: Any, body: Body) -> Any:
    async def whole() -> Any:
        session = HttpSession(Guard([f"*:80:127.0.0.1:{server.port}"]))
        try:
            return await body(session)
        finally:
            session.close()

    return asyncio.run(whole())


async def get(session: HttpSession, path: str = "/", method: str = "GET", **more: Any) -> Answer:
    options = {"timeout_secs": 5.0, "max_bytes": 1_000_000, **more}
    return await session.send(method, f"http://shop.test{path}", [("Accept", "*/*")], None, **options)


def raw(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def test_a_connection_is_used_again_and_a_closed_one_is_not(server: Any) -> None:
    server.on("/", server.page("x"))
    server.on("/last", server.page("x", Connection="close"))

    async def body(session: HttpSession) -> None:
        for path in ("/", "/", "/last", "/"):
            await get(session, path)

    run(server, body)
    assert server.connections == [0, 0, 0, 1]


def test_requests_at_once_have_connections_of_their_own(server: Any) -> None:
    async def slow(_hit: Any, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.1)
        writer.write(server.page("x"))

    server.on("/", slow)

    async def body(session: HttpSession) -> None:
        await asyncio.gather(*[get(session) for _ in range(5)])

    run(server, body)
    assert sorted(server.connections) == [0, 1, 2, 3, 4]


def test_a_connection_that_the_server_closed_while_it_was_idle_is_replaced(server: Any) -> None:
    async def then_close(_hit: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(server.page("x"))
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.close()

    server.on("/", then_close)

    async def body(session: HttpSession) -> list[bytes]:
        first = await get(session)
        await asyncio.sleep(0.2)
        return [first.body, (await get(session)).body]

    assert run(server, body) == [b"x", b"x"]
    assert server.connections == [0, 1]


def test_a_head_request_has_no_body_whatever_its_headers_say(server: Any) -> None:
    server.on("/", raw("HTTP/1.1 200 OK\nContent-Length: 5000000\nContent-Encoding: gzip\n\n"))
    answer = run(server, lambda session: get(session, method="HEAD"))
    assert (answer.status, answer.body, answer.header("content-length")) == (200, b"", "5000000")


def test_interim_answers_are_passed_over(server: Any) -> None:
    early = "HTTP/1.1 103 Early Hints\nLink: </a.css>\n\nHTTP/1.1 100 Continue\n\n"
    server.on("/", raw(early) + server.page("x"))
    answer = run(server, lambda session: get(session))
    assert (answer.status, answer.body, answer.header("link")) == (200, b"x", "")


def test_chunks_and_trailers(server: Any) -> None:
    server.on("/", raw("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3;x=y\nabc\n2\nde\n0\nX-Sum: 1\n\n"))

    async def body(session: HttpSession) -> list[Answer]:
        return [await get(session), await get(session)]

    for answer in run(server, body):
        assert (answer.body, answer.wire_bytes, answer.header("x-sum")) == (b"abcde", 5, "")
    assert server.connections == [0, 0]


def test_an_answer_without_body_leaves_the_connection_open(server: Any) -> None:
    server.on(
        "/",
        raw("HTTP/1.1 204 No Content\n\n"),
        raw("HTTP/1.1 304 Not Modified\nContent-Length: 9\n\n"),
        server.page("x"),
    )

    async def body(session: HttpSession) -> list[int]:
        return [(await get(session)).status for _ in range(3)]

    assert run(server, body) == [204, 304, 200]
    assert server.connections == [0, 0, 0]


def test_more_than_was_asked_for_spoils_the_connection(server: Any) -> None:
    server.on("/", server.page("x") + server.page("a second answer"))

    async def body(session: HttpSession) -> list[bytes]:
        return [(await get(session)).body for _ in range(2)]

    assert run(server, body) == [b"x", b"x"]
    assert server.connections == [0, 1]


@pytest.mark.parametrize(
    "head", ["HTTP/1.1 200 OK\nX: y\n\n", "HTTP/1.1 200\n\n", "HTTP/1.0 200 OK\nContent-Type: a\n\n"]
)
def test_sloppy_heads_are_understood(server: Any, head: str) -> None:
    async def answer(_hit: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(head.encode() + b"body")  # bare line feeds, no length: it ends where the connection does
        writer.close()

    server.on("/", answer)
    assert run(server, lambda session: get(session)).body == b"body"


def test_a_body_may_be_cut_at_the_limit_instead_of_refused(server: Any) -> None:
    server.on("/", server.page(b"x" * 500_000))
    assert len(run(server, lambda session: get(session, max_bytes=1000, cut=True)).body) == 1000
    with pytest.raises(AttemptFailed) as caught:
        run(server, lambda session: get(session, max_bytes=1000))
    assert (caught.value.reason, caught.value.transient) == ("too_large", False)


def test_a_line_break_in_a_header_is_never_sent(server: Any) -> None:
    async def body(session: HttpSession) -> None:
        headers = [("X-Key", "a\r\nX-Other: b")]
        await session.send("GET", "http://shop.test/", headers, None, timeout_secs=5, max_bytes=1000)

    with pytest.raises(AttemptFailed) as caught:
        run(server, body)
    assert (caught.value.reason, server.hits) == ("bad_content", [])


def test_user_and_password_of_a_url_are_sent_as_basic_credentials(server: Any) -> None:
    server.on("/", server.page("x"))

    async def body(session: HttpSession) -> None:
        await session.send("GET", "http://me:p%40ss@shop.test/", [], None, timeout_secs=5, max_bytes=1000)

    run(server, body)
    assert server.hits[0].headers == {"host": "shop.test", "authorization": "Basic bWU6cEBzcw=="}


def test_a_host_s_next_address_is_tried_when_the_first_refuses(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server.on("/", server.page("x"))

    async def body(session: HttpSession) -> bytes:
        return (await get(session)).body

    async def two(_guard: Guard, _host: str, _port: int) -> list[tuple[str, int]]:
        return [("127.0.0.1", 9), ("127.0.0.1", server.port)]

    monkeypatch.setattr(Guard, "addresses", two)
    assert run(server, body) == b"x"
