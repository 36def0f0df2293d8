"""Serves the shop on loopback: `python -m benchmarks.shop_server PAGES`. Pages are rendered before it says READY.

On any host name: `/list/NUMBER` is a listing, `/js/list/NUMBER` a shell that a script fills from `/api/list/NUMBER`,
`/auto/list/NUMBER` a shell for one number in ten, and `/hang/list/NUMBER` a shell whose API never answers.
A host whose name begins with `slow` answers after SLOW_SECS, one that begins with `after50ms-` after 50 ms.
`/stats` is what the server has cost: requests, seconds of CPU, and when the first page was asked for.
"""

import asyncio
import gc
import json
import os
import re
import sys
import time
import zlib
from typing import cast

import orjson
import uvloop

from benchmarks.script_shop import API_SECS, IMAGES, api_json, assets, image, is_shell, shell_html
from benchmarks.shop import listing_html

__all__ = ["SLOW_SECS", "Shop", "main"]

SLOW_SECS = 10.0
NEVER_SECS = 3_600.0
_AFTER = re.compile(rb"\r\nhost: after([0-9]+)ms-", re.IGNORECASE)
HTML = "text/html; charset=utf-8"
_PAGES = ("list", "js/list", "auto/list", "hang/list")
_ROBOTS = b"User-agent: *\nDisallow: /private/\n"


def response(status: str, kind: str, body: bytes, cache: str = "no-store") -> bytes:
    """A whole HTTP/1.1 answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nCache-Control: {cache}\r\n\r\n"
    return head.encode() + body


class Shop:
    """The answers. Listings are rendered in advance; a number beyond them gives one of them again."""

    def __init__(self, pages: int) -> None:
        self._listings = [response("200 OK", HTML, listing_html(number).encode()) for number in range(pages)]
        files = {f"/assets/{name}": made for name, made in assets().items()}
        files |= {f"/img/{number}": ("image/png", image(number)) for number in range(IMAGES)}
        self._files = {path: response("200 OK", kind, body, "max-age=3600") for path, (kind, body) in files.items()}
        self._robots = response("200 OK", "text/plain", _ROBOTS)
        self._missing = response("404 Not Found", "text/plain", b"not found")
        self.requests = 0
        self.first_page_at = 0.0

    def answer(self, path: str) -> tuple[float, bytes]:
        """What a path gives, and after how many seconds."""
        kind, _, name = path[1:].rpartition("/")
        if name.isdigit() and kind in _PAGES:
            self.requests += 1
            self.first_page_at = self.first_page_at or time.time()
            return 0.0, self._page(kind, int(name))
        if name.isdigit() and kind.startswith("api/"):
            answer = response("200 OK", "application/json", orjson.dumps(api_json(int(name))))
            return (API_SECS if kind == "api/list" else NEVER_SECS), answer
        return 0.0, self._other(kind, name)

    def _page(self, kind: str, number: int) -> bytes:
        if kind == "list" or (kind == "auto/list" and not is_shell(number)):
            return self._listings[number % len(self._listings)]
        return response("200 OK", HTML, shell_html(number, "never" if kind == "hang/list" else "list").encode())

    def _other(self, kind: str, name: str) -> bytes:
        if kind == "img":
            name = str(zlib.crc32(name.encode()) % IMAGES)
        if name == "robots.txt":
            return self._robots
        if "stats" in (kind, name):
            return self._stats(name)
        return self._files.get(f"/{kind}/{name}", self._missing)

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
            delay_secs, answer = self._shop.answer(head.split(b" ", 2)[1].decode("latin-1"))
            if b"\r\nhost: slow" in head.lower():
                delay_secs = SLOW_SECS
            elif (after := _AFTER.search(head)) and not head.startswith(b"GET /robots.txt"):
                delay_secs += int(after[1]) / 1000
            if delay_secs:
                asyncio.get_running_loop().call_later(delay_secs, self._send, answer)
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
