"""The loopback proxy that everything a browser asks for goes through, pinned by the same guard as HTTP."""

import asyncio
import contextlib
import dataclasses
from collections.abc import Iterator

from scrapers.browsing.proxied_server import join_through
from scrapers.browsing.proxy_answer import CannotReach
from scrapers.browsing.proxy_connection import BrowserSide, ServerSide
from scrapers.browsing.socket_owner import is_another_users
from scrapers.fetching.address_guard import AddressRefused, Guard, LookupFailed
from scrapers.fetching.proxies import Proxies

__all__ = ["GuardProxy", "NotReached"]

_HOST = "127.0.0.1"
_MAX_CONNECTIONS = 1_000
_MAX_ADDRESSES = 3
_NEXT_ADDRESS_SECS = 5.0
_CONNECT_SECS = 20.0
_IDLE_SECS = 300.0
_MAX_KEPT = 1_000
_REFUSED = "destination_ip_prohibited"


@dataclasses.dataclass(frozen=True, slots=True)
class NotReached:
    """A destination that was asked for and not reached.

    Attributes:
      at: the last time, in the loop's seconds.
      host: without brackets, as the browser wrote it.
      error: `destination_ip_prohibited` for a refusal; `dns_error`, `connection_refused`, `connection_timeout`,
        `destination_unavailable` (RFC 9209, 2.3) for a failure.
      reason: for people.
    """

    at: float
    host: str
    port: int
    error: str
    reason: str

    def __str__(self) -> str:
        return f"{self.host}:{self.port} ({self.reason})"


def _explain(error: AddressRefused | OSError) -> CannotReach:
    """What an error means for the browser."""
    reason = str(error) or type(error).__name__
    if isinstance(error, AddressRefused):
        return CannotReach(403, _REFUSED, reason)
    if isinstance(error, LookupFailed):
        return CannotReach(502, "dns_error", reason)
    if isinstance(error, TimeoutError):
        return CannotReach(504, "connection_timeout", f"no connection within {_CONNECT_SECS:g} s")
    return CannotReach(
        502, "connection_refused" if isinstance(error, ConnectionRefusedError) else "destination_unavailable", reason
    )


class GuardProxy:
    """A proxy for one browser context. For one event loop.

    A refused http request is answered with 403 and a `Proxy-Status` header (RFC 9209); a refused tunnel (https,
    WebSockets) with the same, which Chromium shows as ERR_TUNNEL_CONNECTION_FAILED. Failures look alike, with 502 and
    504: `refusals` and `failures` tell which it was, and no server can forge them.

    It asks for no password: Playwright gives one by pausing every request and switching the cache off. Who connects is
    looked up instead: sockets of other users of this machine are closed, where the system tells whose they are (Linux).

    Args:
      guard: decides where connections go.
      proxies: of the source; what the guard lets through goes through the one that works.

    Attributes:
      bytes_received: what servers sent, encrypted or not, with headers.
    """

    def __init__(self, guard: Guard, proxies: Proxies | None = None) -> None:
        self.bytes_received = 0
        self._guard = guard
        self._proxies = proxies
        self._open: set[BrowserSide] = set()
        self._not_reached: dict[tuple[str, int], NotReached] = {}
        self._sweep: asyncio.TimerHandle | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listens on 127.0.0.1, and gives the port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: BrowserSide(self), _HOST, 0, backlog=256)
        self._sweep = loop.call_later(_IDLE_SECS, self._close_idle)
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Stops listening and breaks off every connection."""
        if self._server is not None:
            self._server.close()
        if self._sweep is not None:
            self._sweep.cancel()
        for browser in list(self._open):
            browser.end()

    def refusals(self, since: float) -> list[NotReached]:
        """What the guard refused from that moment of the loop's time on: each host and port once, the latest last."""
        return [one for one in self._since(since) if one.error == _REFUSED]

    def failures(self, since: float) -> list[NotReached]:
        """What could not be reached although it may be: no such name, nobody listening. As `refusals`."""
        return [one for one in self._since(since) if one.error != _REFUSED]

    def _since(self, since: float) -> Iterator[NotReached]:
        return (one for one in self._not_reached.values() if one.at >= since)

    # for its connections

    def admit(self, browser: BrowserSide) -> bool:
        """Whether a new connection may stay: not one of too many, nor one that another user of this machine opened."""
        near, far = (browser.transport.get_extra_info(end) for end in ("peername", "sockname"))
        if len(self._open) >= _MAX_CONNECTIONS or near is None or is_another_users(near[:2], far[:2]):
            return False
        self._open.add(browser)
        return True

    def ended(self, browser: BrowserSide) -> None:
        """A connection is over."""
        self._open.discard(browser)

    def received(self, count: int) -> None:
        """Counts what servers sent."""
        self.bytes_received += count

    async def reach(self, host: str, port: int, server: ServerSide) -> None:
        """Connects to the first address of a host that answers; all of them were checked. Raises CannotReach."""
        try:
            async with asyncio.timeout(_CONNECT_SECS):
                addresses = await self._guard.addresses(host, port)
                if self._proxies is None:
                    await self._dial(addresses, server)
                else:
                    await self._reach_through(self._proxies, host, port, server)
        except (AddressRefused, OSError) as error:
            cannot = _explain(error)
            self._keep(host, port, cannot.error, str(cannot))
            raise cannot from error

    async def _reach_through(self, proxies: Proxies, host: str, port: int, server: ServerSide) -> None:
        def refused(why: str) -> None:
            self._keep(host, port, "destination_unavailable", why)

        await proxies.through(lambda one: join_through(one, host, port, server, refused), keep=True)

    async def _dial(self, addresses: list[tuple[str, int]], server: ServerSide) -> None:
        *others, last = addresses[:_MAX_ADDRESSES]
        loop = asyncio.get_running_loop()
        for address, port in others:
            with contextlib.suppress(OSError):
                async with asyncio.timeout(_NEXT_ADDRESS_SECS):
                    await loop.create_connection(lambda: server, address, port)
                    return
        await loop.create_connection(lambda: server, *last)

    def _keep(self, host: str, port: int, error: str, reason: str) -> None:
        one = NotReached(asyncio.get_running_loop().time(), host, port, error, reason)
        self._not_reached.pop((one.host, one.port), None)
        self._not_reached[one.host, one.port] = one
        if len(self._not_reached) > _MAX_KEPT:
            del self._not_reached[next(iter(self._not_reached))]

    def _close_idle(self) -> None:
        """Ends connections over which nothing went since the last time, and looks again later."""
        for browser in list(self._open):
            if not browser.active:
                browser.end()
            browser.active = False
        self._sweep = asyncio.get_running_loop().call_later(_IDLE_SECS, self._close_idle)
