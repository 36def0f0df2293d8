"""A proxy between us and the sites of a source: how it is reached, what it is told, and when it rests."""

import asyncio
import base64
import re
from collections.abc import Callable
from typing import TypeVar, cast
from urllib.parse import unquote

from scrapers.fetching.address_guard import AddressRefused, Guard
from scrapers.source_files.proxy_address import ProxyAddress
from scrapers.source_files.template import fill_secrets, placeholders

__all__ = ["ProxyFailed", "Upstream"]

_CONNECT_SECS = 5.0
_ANSWER_SECS = 12.0
_REST_SECS = 60.0
_MAX_FAILURES = 3
_MAX_HEAD_BYTES = 65_536
_UNWELL = frozenset({407, 502, 503})
_STATUS = re.compile(rb"HTTP/1\.[01] +(\d{3})")
ProtocolT = TypeVar("ProtocolT", bound=asyncio.Protocol)


class ProxyFailed(OSError):
    """A proxy did not lead to the site, which has seen nothing of the request. Says which one and why.

    Attributes:
      transient: whether another attempt may help.
    """

    def __init__(self, message: str, *, transient: bool = True) -> None:
        super().__init__(message)
        self.transient = transient


class _Handshake(asyncio.Protocol):
    """Asks for a tunnel, and reads the head of the answer."""

    def __init__(self, message: bytes) -> None:
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._message = message
        self._head = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own class only looks like one
        self.transport.write(self._message)

    def data_received(self, data: bytes) -> None:
        if self.status.done():
            return
        self._head += data
        _, end, rest = self._head.partition(b"\r\n\r\n")
        status = _STATUS.match(self._head)
        if end and status is not None and not (rest and status[1].startswith(b"2")):
            self.transport.pause_reading()
            self.status.set_result(int(status[1]))
        elif end or len(self._head) > _MAX_HEAD_BYTES:
            self.status.set_exception(ConnectionError("its answer to CONNECT is no HTTP"))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.status.done():
            self.status.set_exception(exc or ConnectionError("it closed the connection"))


class Upstream:
    """One proxy. For one event loop.

    Args:
      guard: where the proxy is has to be public too, or admitted.
      secret: gives the value of a secret by name; raises KeyError when there is none.

    Attributes:
      name: host and port.
      rests_until: loop seconds; after three failures in a row it is left alone for a minute.
    """

    def __init__(self, address: ProxyAddress, guard: Guard, secret: Callable[[str], str]) -> None:
        self.name = address.name
        self.rests_until = 0.0
        self.last_failure = ""
        self._address = address
        self._guard = guard
        self._secret = secret
        self._failures = 0

    def authorization(self) -> bytes:
        """The header line with the credentials; empty without. Raises ProxyFailed when a secret is not to be had."""
        if not self._address.credentials:
            return b""
        try:
            text = fill_secrets(unquote(self._address.credentials), self._secret)
        except (KeyError, OSError, ValueError) as error:
            names = [name.removeprefix("secret.").upper() for name in placeholders(self._address.credentials)]
            missing = " or ".join(f"SCRAPELINE_SECRET_{name}" for name in names)
            message = f"the proxy {self.name}: its secret is not set ({missing} in the environment)"
            raise ProxyFailed(message, transient=False) from error
        return b"Proxy-Authorization: Basic " + base64.b64encode(text.encode()) + b"\r\n"

    async def connect(self, factory: Callable[[], ProtocolT]) -> ProtocolT:
        """A connection to the proxy itself. Raises ProxyFailed, AddressRefused."""
        try:
            address, port = await self._guard.pin(self._address.host, self._address.port)
            async with asyncio.timeout(_CONNECT_SECS):
                _, protocol = await asyncio.get_running_loop().create_connection(factory, address, port)
        except AddressRefused as error:
            raise AddressRefused(f"the proxy {self.name}: {error}") from error
        except TimeoutError as error:
            raise self.failed(f"no connection within {_CONNECT_SECS:g} s") from error
        except OSError as error:
            raise self.failed(str(error) or type(error).__name__) from error
        return protocol

    async def tunnel(self, host: str, port: int) -> asyncio.Transport:
        """A connection through the proxy (RFC 9110, 9.3.6); it reads nothing before it is told to.

        Raises:
          ProxyFailed, AddressRefused: as `connect`; or the proxy says no.
        """
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        message = f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n".encode() + self.authorization() + b"\r\n"
        handshake = await self.connect(lambda: _Handshake(message))
        try:
            async with asyncio.timeout(_ANSWER_SECS):
                status = await handshake.status
            if status // 100 != 2:
                raise self.refused(status, place)
        except TimeoutError as error:
            handshake.transport.abort()
            raise self.failed(f"no answer to CONNECT within {_ANSWER_SECS:g} s") from error
        except ProxyFailed:
            handshake.transport.abort()
            raise
        except OSError as error:
            handshake.transport.abort()
            raise self.failed(str(error) or type(error).__name__) from error
        except asyncio.CancelledError:
            handshake.transport.abort()
            raise
        self.worked()
        return handshake.transport

    def worked(self) -> None:
        """It has done what it was asked for."""
        self._failures = 0

    def refused(self, status: int, place: str) -> ProxyFailed:
        """It answered with a status of its own; one that tells of the proxy's health is counted."""
        why = f"it answered {status} for {place}"
        return self.failed(why) if status in _UNWELL else ProxyFailed(f"the proxy {self.name}: {why}")

    def failed(self, why: str) -> ProxyFailed:
        """Counts a failure; the third in a row has it rest."""
        self._failures += 1
        self.last_failure = why
        if self._failures >= _MAX_FAILURES:
            self.rests_until = asyncio.get_running_loop().time() + _REST_SECS
        return ProxyFailed(f"the proxy {self.name}: {why}")
