"""One connection of the browser to the proxy, and the one to the server that it is joined to."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Protocol, cast

from scrapers.browsing.proxy_answer import CannotReach
from scrapers.browsing.proxy_request import BadRequest, RequestReader

__all__ = ["BrowserSide", "CannotReach", "Reach", "ServerSide"]

_LINGER_SECS = 10.0
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: the connection ends with a reset


class Reach(Protocol):
    """What a connection needs of the proxy."""

    def admit(self, browser: "BrowserSide") -> bool:
        """Whether a new connection may stay."""

    async def reach(self, host: str, port: int, server: "ServerSide") -> None:
        """Connects to a destination that the guard lets through. Raises CannotReach."""

    def received(self, count: int) -> None:
        """Counts bytes that came from servers."""

    def ended(self, browser: "BrowserSide") -> None:
        """A connection of the browser is over."""


def _reset(transport: asyncio.Transport) -> None:
    """Ends a connection so that the other end sees it break off: what came over it is not whole."""
    with contextlib.suppress(OSError, AttributeError):  # it may be closed already
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


class ServerSide(asyncio.Protocol):
    """The connection to a server: what it sends goes to the browser unread.

    Attributes:
      tunnel: the browser asked for one.
      head: makes what is sent of a request's head.
    """

    def __init__(self, browser: "BrowserSide", *, tunnel: bool) -> None:
        self.tunnel = tunnel
        self.head: Callable[[bytes], bytes] = bytes
        self._browser = browser
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own class only looks like one
        self._browser.joined(self)

    def data_received(self, data: bytes) -> None:
        self._browser.from_server(data)

    def eof_received(self) -> bool:
        """The server may still read what the browser sends (a form that it has refused half-way)."""
        self._browser.server_has_finished()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._browser.server_is_gone(exc)

    def break_off(self) -> None:
        """Ends this connection and the browser's."""
        self._browser.end()

    def pause_writing(self) -> None:
        self._browser.pause()

    def resume_writing(self) -> None:
        self._browser.resume()


class BrowserSide(asyncio.Protocol):
    """A connection from the browser. It leads to one destination for as long as it lasts.

    So nothing that one server sends can be taken for the answer of another, although answers are not read.

    Attributes:
      active: something was sent or received since the proxy last looked.
    """

    def __init__(self, proxy: Reach) -> None:
        self.active = True
        self._proxy = proxy
        self._reader = RequestReader(self._begin, self._send_head, self._send)
        self._destination: tuple[str, int] | None = None
        self._server: ServerSide | None = None
        self._tunnel = False
        self._connecting: asyncio.Task[None] | None = None
        self._waiting: list[tuple[bytes, bool]] = []
        self._deaf = False
        self.transport: asyncio.Transport

    # the browser's end

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if not self._proxy.admit(self):
            self._deaf = True
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self.active = True
        if self._deaf:
            return
        try:
            self._reader.feed(data)
        except BadRequest as error:
            if self._connecting is not None:
                self._connecting.cancel()
            self._answer(CannotReach(400, "http_request_error", str(error)))

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave_server()
        self._proxy.ended(self)

    def pause_writing(self) -> None:
        if self._server is not None and not self._server.transport.is_closing():
            self._server.transport.pause_reading()

    def resume_writing(self) -> None:
        if self._server is not None and not self._server.transport.is_closing():
            self._server.transport.resume_reading()

    def end(self) -> None:
        """Breaks off both connections."""
        self._leave_server()
        _reset(self.transport)

    def _leave_server(self) -> None:
        self._deaf = True
        if self._connecting is not None:
            self._connecting.cancel()
        if self._server is not None:
            self._server.transport.abort()

    # what the browser asks for

    def _begin(self, host: str, port: int, tunnel: bool) -> None:
        if self._destination is None:
            self._destination = host, port
            self.pause()
            self._tunnel = tunnel
            self._connecting = asyncio.get_running_loop().create_task(self._connect(host, port))
        elif tunnel or self._destination != (host, port):
            self._leave_server()
            self.transport.close()  # the browser asks again over another connection (RFC 9112, 9.3.1)

    def _send(self, data: bytes) -> None:
        if self._deaf:
            return
        if self._server is None:
            self._waiting.append((data, False))
        elif not self._server.transport.is_closing():
            self._server.transport.write(data)

    def _send_head(self, head: bytes) -> None:
        if self._server is not None:
            self._send(self._server.head(head))
        elif not self._deaf:
            self._waiting.append((head, True))

    async def _connect(self, host: str, port: int) -> None:
        try:
            await self._proxy.reach(host, port, ServerSide(self, tunnel=self._tunnel))
        except CannotReach as error:
            self._answer(error)

    def joined(self, server: ServerSide) -> None:
        """The server is there, and has not said anything yet."""
        if self._deaf:
            server.transport.abort()
            return
        self._server = server
        self.resume()
        if self._tunnel:
            self.transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        if self._waiting:
            server.transport.write(b"".join(server.head(data) if is_head else data for data, is_head in self._waiting))
            self._waiting.clear()

    def _answer(self, error: CannotReach) -> None:
        """Says no. What the browser still sends is read and dropped: unread, it would reset the answer away."""
        if self._server is not None:  # the answer could stand in the middle of the server's
            self.end()
            return
        self._deaf = True
        self.transport.write(error.answer())
        self.resume()
        self.server_has_finished()

    # the server's end

    def from_server(self, data: bytes) -> None:
        self.active = True
        self._proxy.received(len(data))
        if not self.transport.is_closing():
            self.transport.write(data)

    def server_has_finished(self) -> None:
        """Nothing more comes: the browser is told, and has some time to see it."""
        if not self.transport.is_closing():
            self.transport.write_eof()
            asyncio.get_running_loop().call_later(_LINGER_SECS, self._linger)

    def _linger(self) -> None:
        if self.transport.is_closing():
            return
        if self.transport.get_write_buffer_size():
            asyncio.get_running_loop().call_later(_LINGER_SECS, self._linger)
        else:
            self.transport.close()

    def server_is_gone(self, exc: Exception | None) -> None:
        if self.transport.is_closing():
            return
        if exc is None:
            self.transport.close()
        else:
            self.end()

    def pause(self) -> None:
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def resume(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()
