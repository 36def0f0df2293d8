"""What goes through the proxy, unread, both ways, and no faster than the slower end takes it."""

import asyncio
import socket
import struct

import pytest

from tests.scrapers.browsing.proxied import answer, ask, echo_heads, get, listening, proxied, run


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
