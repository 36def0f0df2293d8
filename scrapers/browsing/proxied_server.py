"""The guard's connections to sites through a source's own proxy."""

import asyncio
from collections.abc import Callable
from typing import cast

from scrapers.browsing.proxy_connection import ServerSide
from scrapers.fetching.request_message import in_absolute_form
from scrapers.fetching.upstream import Upstream

__all__ = ["join_through"]


async def join_through(
    upstream: Upstream, host: str, port: int, server: ServerSide, refused: Callable[[str], None]
) -> None:
    """Connects the browser with a site: by a tunnel where it asked for one, else by requests to the proxy itself.

    Args:
      refused: told why when the proxy turns out later to want another password.

    Raises:
      ProxyFailed, AddressRefused: there is no way.
    """
    if server.tunnel:
        transport = await upstream.tunnel(host, port)
        transport.set_protocol(server)
        server.connection_made(transport)
        if not transport.is_closing():
            transport.resume_reading()
        return
    authorization = upstream.authorization()
    shown = f"[{host}]" if ":" in host else host
    authority = shown if port == 80 else f"{shown}:{port}"
    server.head = lambda head: in_absolute_form(head, authority, authorization)
    await upstream.connect(lambda: _FirstAnswer(server, upstream, f"{host}:{port}", refused))


class _FirstAnswer(asyncio.Protocol):
    """Looks whether the first answer is the proxy's own "407", which is nobody's page; then it steps aside."""

    def __init__(self, server: ServerSide, upstream: Upstream, place: str, refused: Callable[[str], None]) -> None:
        self._server, self._upstream, self._place, self._refused = server, upstream, place, refused
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class only looks like one
        self._server.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.") and data[8:12] == b" 407":
            self._refused(str(self._upstream.refused(407, self._place)))
            self._server.break_off()
            return
        self._upstream.worked()
        self._transport.set_protocol(self._server)
        self._server.data_received(data)

    def eof_received(self) -> bool:
        return self._server.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connection_lost(exc)

    def pause_writing(self) -> None:
        self._server.pause_writing()

    def resume_writing(self) -> None:
        self._server.resume_writing()
