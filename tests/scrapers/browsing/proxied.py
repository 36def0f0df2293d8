"""A proxy on loopback with a server behind it, and a client that speaks to it without a browser."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

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
