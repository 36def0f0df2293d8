"""The proxy as a client sees it: what goes through, what is refused, and how connections end."""

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import pytest
import uvloop

from scrapers.browsing.guard_proxy import GuardProxy
from scrapers.fetching.address_guard import Guard, LookupFailed

SECS = 30.0
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def run(work: Coroutine[Any, Any, Any]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(SECS):
            return await work

    return uvloop.run(bounded())


async def no_name(host: str, port: int) -> list[str]:
    raise LookupFailed(f"{host}: no such name")


@contextlib.asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[int]:
    """A server on loopback that treats every connection alike; gives its port."""

    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(quietly, "127.0.0.1", 0, limit=1 << 22)
    yield server.sockets[0].getsockname()[1]
    server.close()


@contextlib.asynccontextmanager
async def proxied(port: int = 9, **settings: Any) -> AsyncIterator[tuple[GuardProxy, Callable[[], Any]]]:
    """A proxy that maps `shop.test` and `other.test` to a port, and what opens a connection to it."""
    resolve = [f"{host}:{named}:127.0.0.1:{port}" for host in ("shop.test", "other.test") for named in (80, 443)]
    proxy = GuardProxy(Guard(resolve, look_up=no_name, **settings))
    proxy_port = await proxy.start()
    opened = []

    async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy_port)
        opened.append(writer)
        return reader, writer

    try:
        yield proxy, connect
    finally:
        proxy.close()
        for writer in opened:
            writer.close()


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """One answer with a Content-Length."""
    line, *fields = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
    return int(line.split(" ")[1]), headers, await reader.readexactly(int(headers.get("content-length", 0)))


async def ask(connect: Callable[[], Any], message: bytes) -> tuple[int, dict[str, str], bytes]:
    reader, writer = await connect()
    writer.write(message)
    return await answer(reader)


async def echo_heads(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers each request with its head and body as they came."""
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        size = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
        body = await reader.readexactly(size)
        if b"chunked" in head.lower():
            body = await reader.readuntil(b"0\r\n\r\n")
        seen = head + body
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(seen) + seen)


def get(path: str, host: str = "shop.test", fields: str = "") -> bytes:
    return f"GET http://{host}{path} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n".encode()


# what goes through


def test_a_request_reaches_the_server_as_it_would_without_a_proxy() -> None:
    async def work() -> bytes:
        fields = "Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic eDp5\r\nX-Odd: \xe4 1\r\ncookie: a=b\r\n"
        async with listening(echo_heads) as port, proxied(port) as (_, connect):
            _, _, seen = await ask(connect, get("/a?b=%20|", fields=fields))
            return bytes(seen)

    assert run(work()) == (
        b"GET /a?b=%20| HTTP/1.1\r\nHost: shop.test\r\nConnection: keep-alive\r\n"
        b"X-Odd: \xc3\xa4 1\r\ncookie: a=b\r\n\r\n"
    )


def test_requests_share_a_connection_also_when_they_come_at_once() -> None:
    opened = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        await echo_heads(reader, writer)

    async def work() -> list[bytes]:
        async with listening(serve) as port, proxied(port) as (_, connect):
            reader, writer = await connect()
            writer.write(get("/1") + get("/2") + get("/3")[:20])
            seen = [(await answer(reader))[2] for _ in range(2)]
            writer.write(get("/3")[20:])
            return [*seen, (await answer(reader))[2]]

    assert [head.split(b" ")[1] for head in run(work())] == [b"/1", b"/2", b"/3"]
    assert opened == 1


def test_bodies_go_through_plain_and_in_chunks() -> None:
    async def work() -> list[bytes]:
        async with listening(echo_heads) as port, proxied(port) as (_, connect):
            reader, writer = await connect()
            head = "POST http://shop.test/ HTTP/1.1\r\nHost: shop.test\r\n"
            writer.write(f"{head}Content-Length: 5\r\n\r\nhel".encode())
            await asyncio.sleep(0.02)
            writer.write(b"lo")
            seen = [(await answer(reader))[2]]
            writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n".encode())
            await asyncio.sleep(0.02)
            writer.write(b"2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n" + get("/next"))
            return seen + [(await answer(reader))[2] for _ in range(2)]

    plain, chunked, following = run(work())
    assert plain.endswith(b"\r\n\r\nhello")
    assert chunked.endswith(b"\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert following.startswith(b"GET /next ")


def test_a_body_that_waits_for_100_continue_is_let_go_by_the_server() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(2)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + body)

    async def work() -> bytes:
        async with listening(serve) as port, proxied(port) as (_, connect):
            reader, writer = await connect()
            writer.write(b"PUT http://shop.test/ HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            assert (await answer(reader))[0] == 100
            writer.write(b"hi")
            return (await answer(reader))[2]

    assert run(work()) == b"hi"


@pytest.mark.parametrize("opening", ["tunnel", "upgrade"])
def test_what_is_no_http_any_more_goes_both_ways_unread(opening: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if opening == "upgrade":
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        while data := await reader.readexactly(4):
            writer.write(data.swapcase())

    async def work() -> None:
        async with listening(serve) as port, proxied(port) as (_, connect):
            reader, writer = await connect()
            if opening == "tunnel":
                writer.write(b"CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\n\r\nGET ")
            else:
                writer.write(get("/ws", fields="Connection: Upgrade\r\nUpgrade: websocket\r\n") + b"GET ")
            assert (await answer(reader))[0] == (200 if opening == "tunnel" else 101)
            assert await reader.readexactly(4) == b"get "
            writer.write(b"\0\r\n\r")
            assert await reader.readexactly(4) == b"\0\r\n\r"

    run(work())


def test_a_server_that_speaks_first_is_heard_after_the_tunnel_is_open() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        await reader.read()

    async def work() -> None:
        async with listening(serve) as port, proxied(port) as (_, connect):
            reader, writer = await connect()
            writer.write(b"CONNECT shop.test:443 HTTP/1.1\r\n\r\n")
            assert (await answer(reader))[0] == 200
            assert await reader.readline() == b"220 hello\r\n"

    run(work())


def test_a_body_of_unknown_length_ends_with_its_connection() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 3_000_000)
        await writer.drain()
        writer.close()

    async def work() -> tuple[int, int]:
        async with listening(serve) as port, proxied(port) as (proxy, connect):
            reader, writer = await connect()
            writer.write(get("/"))
            await answer(reader)
            return len(await reader.read()), proxy.bytes_received

    assert run(work()) == (3_000_000, 3_000_019)


def test_a_cut_answer_is_not_taken_for_a_whole_one() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nhalf")
        await reader.read(1)  # the client has the half
        writer.transport.abort()

    async def serve_with_reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await serve(reader, writer)

    async def work() -> None:
        async with listening(serve_with_reset) as port, proxied(port) as (_, connect):
            reader, writer = await connect()
            writer.write(b"CONNECT shop.test:443 HTTP/1.1\r\n\r\n")
            await answer(reader)
            writer.write(get("/"))
            assert await reader.readuntil(b"half")
            writer.write(b"x")
            with pytest.raises(ConnectionResetError):
                await reader.read()

    run(work())


def test_an_answer_in_the_middle_of_a_large_form_arrives() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnope")
        writer.write_eof()
        await reader.read()

    async def work() -> tuple[int, bytes]:
        async with listening(serve) as port, proxied(port) as (_, connect):
            reader, writer = await connect()
            writer.write(b"POST http://shop.test/ HTTP/1.1\r\nContent-Length: 8000000\r\n\r\n" + b"x" * 4_000_000)
            status, _, body = await answer(reader)
            writer.write(b"x" * 4_000_000)
            assert await reader.read() == b""
            return status, body

    assert run(work()) == (413, b"nope")


# back-pressure


def test_a_client_that_does_not_read_holds_the_server_up() -> None:
    async def work() -> None:
        sent, stuck = 0, asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n")
            while sent < 200_000_000:
                writer.write(b"x" * 100_000)
                sent += 100_000
                try:
                    await asyncio.wait_for(writer.drain(), 0.5)
                except TimeoutError:
                    stuck.set()
                    await writer.drain()

        async with listening(serve) as port, proxied(port) as (proxy, connect):
            reader, writer = await connect()
            writer.write(get("/"))
            await stuck.wait()
            assert proxy.bytes_received < 50_000_000
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(200_000_000)

    run(work())


def test_a_server_that_does_not_read_holds_the_client_up() -> None:
    async def work() -> None:
        go_on = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await go_on.wait()
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(100_000_000)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        async with listening(serve) as port, proxied(port) as (_, connect):
            reader, writer = await connect()
            writer.write(b"POST http://shop.test/ HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n")
            for _ in range(1000):
                writer.write(b"x" * 100_000)
                if not go_on.is_set():
                    try:
                        await asyncio.wait_for(writer.drain(), 0.5)
                    except TimeoutError:
                        go_on.set()
            assert go_on.is_set()
            assert (await answer(reader))[0] == 200

    run(work())


# what is refused


@pytest.mark.parametrize(
    ("message", "host", "port"),
    [
        (b"GET http://127.0.0.1/ HTTP/1.1\r\n\r\n", "127.0.0.1", 80),
        (b"GET http://[::ffff:10.0.0.1]:8080/ HTTP/1.1\r\n\r\n", "::ffff:10.0.0.1", 8080),
        (b"CONNECT 169.254.169.254:443 HTTP/1.1\r\n\r\n", "169.254.169.254", 443),
        (b"CONNECT [::1]:443 HTTP/1.1\r\n\r\n", "::1", 443),
        (b"CONNECT 2130706433:443 HTTP/1.1\r\n\r\n", "2130706433", 443),
        (b"CONNECT metadata.google.internal:80 HTTP/1.1\r\n\r\n", "metadata.google.internal", 80),
        (b"CONNECT shop.test:25 HTTP/1.1\r\n\r\n", "shop.test", 25),
        (b"CONNECT a/b:443 HTTP/1.1\r\n\r\n", "a/b", 443),
    ],
)
def test_what_the_guard_refuses_is_a_403_and_a_refusal(message: bytes, host: str, port: int) -> None:
    async def work() -> None:
        async with proxied() as (proxy, connect):
            status, headers, _ = await ask(connect, message)
            assert (status, headers["proxy-status"]) == (403, "scrapeline; error=destination_ip_prohibited")
            (refusal,) = proxy.refusals(0)
            assert (refusal.host, refusal.port) == (host, port)
            assert proxy.failures(0) == []

    run(work())


def test_a_form_for_a_refused_host_is_answered_whatever_its_size() -> None:
    async def work() -> int:
        async with proxied() as (_, connect):
            reader, writer = await connect()
            writer.write(b"POST http://10.0.0.1/ HTTP/1.1\r\nContent-Length: 8000000\r\n\r\n" + b"x" * 8_000_000)
            status, _, _ = await answer(reader)
            return int(status)

    assert run(work()) == 403


def test_a_name_without_address_and_a_port_where_nobody_listens_are_failures() -> None:
    async def work() -> None:
        async with proxied() as (proxy, connect):
            started = asyncio.get_running_loop().time()
            assert (await ask(connect, get("/", host="gone.example")))[0] == 502
            assert (await ask(connect, b"CONNECT shop.test:443 HTTP/1.1\r\n\r\n"))[0] == 502
            errors = [(one.host, one.error) for one in proxy.failures(started)]
            assert errors == [("gone.example", "dns_error"), ("shop.test", "connection_refused")]
            assert proxy.refusals(0) == []
            assert proxy.failures(asyncio.get_running_loop().time() + 1) == []

    run(work())


def test_without_a_guard_nothing_is_reached() -> None:
    async def work() -> None:
        proxy = GuardProxy(None)
        reader, writer = await asyncio.open_connection("127.0.0.1", await proxy.start())
        writer.write(b"CONNECT example.com:443 HTTP/1.1\r\n\r\n")
        assert (await answer(reader))[0] == 403
        assert proxy.refusals(0)[0].host == "example.com"
        writer.close()
        proxy.close()

    run(work())


def test_what_was_not_reached_is_kept_once_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scrapers.browsing.guard_proxy._MAX_KEPT", 5)

    async def work() -> None:
        async with proxied() as (proxy, connect):
            for number in [*range(8), 5]:
                await ask(connect, f"CONNECT 10.0.0.{number}:443 HTTP/1.1\r\n\r\n".encode())
            assert [one.host[-1] for one in proxy.refusals(0)] == ["3", "4", "6", "7", "5"]


def test_more_connections_than_a_browser_opens_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scrapers.browsing.guard_proxy._MAX_CONNECTIONS", 2)

    async def work() -> None:
        async with listening(echo_heads) as port, proxied(port) as (_, connect):
            first, second = await connect(), await connect()
            for _, writer in (first, second):
                writer.write(get("/"))
            assert [(await answer(reader))[0] for reader, _ in (first, second)] == [200, 200]
            reader, writer = await connect()
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            first[1].close()
            await first[1].wait_closed()
            while True:  # until the proxy has seen it
                with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                    assert (await ask(connect, get("/")))[0] == 200
                    return

    run(work())

    run(work())


def test_the_next_address_is_tried_when_one_is_dead() -> None:
    async def work() -> int:
        async def look_up(host: str, port: int) -> list[str]:
            return ["127.0.0.2", "127.0.0.3", "127.0.0.1"]

        async with listening(echo_heads) as port:
            proxy = GuardProxy(Guard(allow=["127.0.0.0/8"], look_up=look_up))
            reader, writer = await asyncio.open_connection("127.0.0.1", await proxy.start())
            writer.write(get("/", host=f"many.example:{port}"))
            status, _, _ = await answer(reader)
            writer.close()
            proxy.close()
            return int(status)

    assert run(work()) == 200


# who and what is not a browser's request


@pytest.mark.parametrize(
    "message",
    [
        b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"GET https://shop.test/ HTTP/1.1\r\n\r\n",
        b"GET ftp://shop.test/ HTTP/1.1\r\n\r\n",
        b"GET http://user:pw@shop.test/ HTTP/1.1\r\n\r\n",
        b"GET http://shop.test:99999/ HTTP/1.1\r\n\r\n",
        b"GET http://shop.test?x HTTP/1.1\r\n\r\n",
        b"CONNECT shop.test HTTP/1.1\r\n\r\n",
        b"CONNECT shop.test:0 HTTP/1.1\r\n\r\n",
        b"CONNECT :443 HTTP/1.1\r\n\r\n",
        b"CONNECT [127.0.0.1]:443 HTTP/1.1\r\n\r\n",
        b"\x05\x01\x00 socks\r\n\r\n",
        b"\x16\x03\x01 tls\r\n\r\n",
        b"GET http://shop.test/ HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"GET http://shop.test/ HTTP/1.1\r\nX: " + b"x" * 300_000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_request_to_a_proxy_is_a_400_and_reaches_nothing(message: bytes) -> None:
    reached = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(await reader.read())

    async def work() -> None:
        async with listening(serve) as port, proxied(port) as (_, connect):
            reader, writer = await connect()
            writer.write(message)
            assert (await answer(reader))[0] == 400
            assert await reader.read() == b""

    run(work())
    assert [data for data in reached if data] == []


def test_another_host_over_the_same_connection_ends_it() -> None:
    async def work() -> list[bytes]:
        async with listening(echo_heads) as port, proxied(port) as (_, connect):
            reader, writer = await connect()
            writer.write(get("/1"))
            assert (await answer(reader))[0] == 200
            writer.write(get("/2", host="other.test"))
            return [await reader.read()]

    assert run(work()) == [b""]


def test_another_user_of_the_machine_is_shut_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> bytes:
        async with listening(echo_heads) as port, proxied(port) as (_, connect):
            monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
            reader, writer = await connect()
            writer.write(get("/"))
            try:
                return bytes(await reader.read())
            except ConnectionError:
                return b""

    assert run(work()) == b""


# the end


def test_a_client_that_leaves_ends_the_server_connection() -> None:
    async def work() -> None:
        asked, left = asyncio.Event(), asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            asked.set()
            await reader.read()
            left.set()

        async with listening(serve) as port, proxied(port) as (_, connect):
            _, writer = await connect()
            writer.write(get("/"))
            await asked.wait()
            writer.close()
            await left.wait()

    run(work())


def test_close_in_the_middle_of_traffic_ends_everything() -> None:
    async def work() -> None:
        left = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    writer.write(b"x" * 10_000)
                    await writer.drain()
            finally:
                left.set()

        async with listening(serve) as port, proxied(port) as (proxy, connect):
            reader, writer = await connect()
            writer.write(b"CONNECT shop.test:443 HTTP/1.1\r\n\r\n")
            await reader.readexactly(100_000)
            proxy.close()
            proxy.close()
            await left.wait()
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(1_000_000_000)
            with pytest.raises(OSError):
                await connect()

    run(work())


def test_close_while_a_name_is_looked_up_ends_the_wait() -> None:
    async def work() -> None:
        looked_up = asyncio.Event()

        async def never(host: str, port: int) -> list[str]:
            looked_up.set()
            await asyncio.Event().wait()
            return []

        proxy = GuardProxy(Guard(look_up=never))
        reader, writer = await asyncio.open_connection("127.0.0.1", await proxy.start())
        writer.write(get("/", host="slow.example"))
        await looked_up.wait()
        proxy.close()
        with pytest.raises(ConnectionError):
            await reader.read()
        writer.close()

    run(work())


def test_an_idle_connection_is_closed_and_a_busy_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scrapers.browsing.guard_proxy._IDLE_SECS", 0.1)

    async def work() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while not writer.is_closing():
                writer.write(b"x")
                await asyncio.sleep(0.001)

        async with listening(serve) as port, proxied(port) as (_, connect):
            idle, _ = await connect()
            busy, writer = await connect()
            writer.write(b"CONNECT shop.test:443 HTTP/1.1\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                assert await idle.read() == b""
            assert await busy.readexactly(100)

    run(work())
