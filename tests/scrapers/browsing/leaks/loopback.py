"""What stands on loopback: a site that the proxy maps, and a trap that nothing may reach."""

import asyncio
import base64
import hashlib
import socket
from typing import Any, cast
from urllib.parse import unquote

from tests.scrapers.browsing.leaks.ways_out import HEADERS, links, ways_page

__all__ = ["Site", "Trap"]


class Trap(asyncio.Protocol, asyncio.DatagramProtocol):
    """Listens on one port of 127.0.0.0/8 and ::1, over TCP and UDP.

    Attributes:
      caught: protocol and address of all that came.
    """

    def __init__(self) -> None:
        self.caught: list[str] = []
        self.port = 0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::1")):
            server = await loop.create_server(lambda: self, address, self.port, family=family)
            self.port = server.sockets[0].getsockname()[1]
            await loop.create_datagram_endpoint(lambda: self, (address, self.port), family=family)

    def connection_made(self, transport: Any) -> None:
        if name := transport.get_extra_info("peername"):
            self.caught.append(f"tcp to {transport.get_extra_info('sockname')[0]} from {name}")
            transport.write(b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 6\r\n\r\ncaught")

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self.caught.append(f"udp from {addr}: {data[:8]!r}")


class Site(asyncio.Protocol):
    """The site of the tests, over http or https.

    `/ways` tries every way out; `/redirect?URL` leads there; `/refresh?URL` too, by a header; `/worker.js?SCRIPT` is
    that script, `/page?HTML` that page; `/echo` gives a body back, or is a WebSocket that gives every byte back.
    """

    def __init__(self, trap: Trap, scheme: str = "http") -> None:
        self._trap, self._scheme = trap, scheme
        self._buffer = b""
        self._raw = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while not self._raw and b"\r\n\r\n" in self._buffer:
            head, _, rest = self._buffer.partition(b"\r\n\r\n")
            line, *lines = head.decode("latin-1").split("\r\n")
            fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            size = int(fields.get("content-length", 0))
            if len(rest) < size:
                return
            self._buffer = rest[size:]
            self._answer(line.split(" ")[1], fields, rest[:size])
        if self._raw and len(self._buffer) > 6:
            length = self._buffer[1] & 127
            mask, text = self._buffer[2:6], self._buffer[6 : 6 + length]
            self._transport.write(bytes([129, length]) + bytes(a ^ mask[i % 4] for i, a in enumerate(text)))
            self._buffer = b""

    def _answer(self, target: str, fields: dict[str, str], body: bytes) -> None:
        path, _, argument = target.partition("?")
        status, kind, more = "200 OK", "text/html", ""
        content = b"<!doctype html><title>here</title>"
        if path == "/ways":
            content = ways_page(self._trap.port, self._scheme).encode()
            more = "".join(links(text, way, self._trap.port, self._scheme) + "\r\n" for way, text in HEADERS.items())
        elif path == "/redirect":
            status, more = "302 Found", f"Location: {argument}\r\n"
        elif path == "/refresh":
            more = f"Refresh: 0;url={argument}\r\n"
        elif path == "/worker.js":
            kind, content = "text/javascript", unquote(argument).encode()
        elif path == "/page":
            content = unquote(argument).encode()
        elif path == "/events":
            kind, content = "text/event-stream", b"data: told\n\n"
        elif "sec-websocket-key" in fields:
            self._raw = True
            key = fields["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
            accept = base64.b64encode(hashlib.sha1(key.encode(), usedforsecurity=False).digest()).decode()
            self._transport.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
            )
            return
        elif path == "/echo":
            content = body
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}Content-Length: {len(content)}\r\n\r\n"
        self._transport.write(head.encode() + content)
