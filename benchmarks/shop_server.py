"""Serves the shop on loopback: `python -m benchmarks.shop_server PAGES`. Pages are rendered before it says READY.

`/list/NUMBER` on any host name. A host whose name begins with `slow` answers after SLOW_SECS.
`/stats` is what the server has cost: requests, seconds of CPU, and when the first page was asked for.
"""

import asyncio
import gc
import json
import os
import sys
import time
from typing import cast

import uvloop

from benchmarks.shop import listing_html

__all__ = ["SLOW_SECS", "Shop", "main"]

SLOW_SECS = 10.0
_ROBOTS = b"User-agent: *\nDisallow: /private/\n"


def response(status: str, kind: str, body: bytes) -> bytes:
    """A whole HTTP/1.1 answer."""
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nCache-Control: no-store\r\n\r\n"
    )
    return head.encode() + body


class Shop:
    """The answers, rendered in advance; a page number beyond them gives one of them again."""

    def __init__(self, pages: int) -> None:
        html = "text/html; charset=utf-8"
        self._pages = [response("200 OK", html, listing_html(number).encode()) for number in range(pages)]
        self._robots = response("200 OK", "text/plain", _ROBOTS)
        self._missing = response("404 Not Found", "text/plain", b"not found")
        self.requests = 0
        self.first_page_at = 0.0

    def answer(self, path: str) -> bytes:
        """What a path gives."""
        kind, _, name = path[1:].partition("/")
        if kind == "list" and name.isdigit():
            self.requests += 1
            self.first_page_at = self.first_page_at or time.time()
            return self._pages[int(name) % len(self._pages)]
        if path == "/robots.txt":
            return self._robots
        return self._stats(name) if kind == "stats" else self._missing

    def _stats(self, name: str) -> bytes:
        if name == "reset":
            self.requests, self.first_page_at = 0, 0.0
        times = os.times()
        stats = {"requests": self.requests, "cpu_secs": times.user + times.system, "first_page_at": self.first_page_at}
        return response("200 OK", "application/json", json.dumps(stats).encode())


class Connection(asyncio.Protocol):
    """HTTP/1.1 GET with keep-alive."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head, self._received = self._received[:end], self._received[end + 4 :]
            answer = self._shop.answer(head.split(b" ", 2)[1].decode("latin-1"))
            if b"\r\nhost: slow" in head.lower():
                asyncio.get_running_loop().call_later(SLOW_SECS, self._send, answer)
            else:
                self._send(answer)

    def _send(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


async def serve(pages: int) -> None:
    """Serves until the process is ended."""
    shop = Shop(pages)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(shop), "127.0.0.1", 0, backlog=1024)
    gc.freeze()
    print(f"READY {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    """Serves as many pages as the command line says."""
    uvloop.run(serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
