"""What is no request to a proxy reaches nothing."""

import asyncio

import pytest

from tests.scrapers.browsing.proxied import answer, echo_heads, get, listening, proxied, run


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
