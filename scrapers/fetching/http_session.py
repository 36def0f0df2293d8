"""One request on the wire and its whole answer: guarded connections, kept open, and every way to fail told apart."""

import asyncio
import ssl
from collections.abc import Callable, Sequence

from schemas.reasons import Dead
from scrapers.fetching.address_guard import AddressRefused, Guard
from scrapers.fetching.body import BodyBroken, BodyTooLarge
from scrapers.fetching.failures import AttemptFailed
from scrapers.fetching.http_connection import Answer, HttpConnection, NoHttp, Wanted
from scrapers.fetching.proxies import Proxies
from scrapers.fetching.request_message import Origin, request_message, split_url
from scrapers.fetching.upstream import ProxyFailed

__all__ = ["Answer", "HttpSession"]

_KEEP_ALIVE_SECS = 15.0
_MAX_ADDRESSES = 3
_CONNECT_SECS = 5.0
_MAY_BE_STALE_SECS = 1.0
_SAFE_TO_REPEAT = frozenset({"GET", "HEAD"})

Headers = Sequence[tuple[str, str]]


def _explain(error: Exception) -> AttemptFailed:
    """What an error means for the request."""
    message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, AddressRefused):
        return AttemptFailed(Dead.ADDRESS_REFUSED, str(error))
    if isinstance(error, ProxyFailed):
        return AttemptFailed(Dead.CONNECTION, str(error), transient=error.transient)
    if isinstance(error, TimeoutError):
        return AttemptFailed(Dead.TIMEOUT, str(error), transient=True)
    if isinstance(error, BodyTooLarge):
        return AttemptFailed(Dead.TOO_LARGE, "the body is larger than fetch.max_bytes")
    if isinstance(error, BodyBroken):
        # a cut stream ends too early, and a broken one is most often a cut one: worth another attempt
        return AttemptFailed(Dead.CONNECTION, str(error), transient=True)
    if isinstance(error, ssl.SSLCertVerificationError):
        return AttemptFailed(Dead.CONNECTION, message)
    if isinstance(error, OSError):
        return AttemptFailed(Dead.CONNECTION, message, transient=True)
    return AttemptFailed(Dead.BAD_CONTENT, f"no valid HTTP: {error}")


def _was_stale(connection: HttpConnection, method: str) -> bool:
    """Whether the server most likely closed the connection before it saw the request (RFC 9112, 9.3.1).

    Only after a while without use: whoever hangs up on every request must see each attempt once, at its own pace.
    """
    return method in _SAFE_TO_REPEAT and not connection.answering and connection.idle_secs > _MAY_BE_STALE_SECS


class HttpSession:
    """Sends requests for all sources that share one set of `resolve` mappings. For one event loop.

    Attributes:
      proxies: that requests go through; None for none.
    """

    proxies: Proxies | None = None

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self._idle: dict[tuple[str, str, int], list[HttpConnection]] = {}
        self._sweep: asyncio.TimerHandle | None = None
        self._context: ssl.SSLContext | None = None

    def close(self) -> None:
        """Closes every connection that is not in use."""
        if self._sweep is not None:
            self._sweep.cancel()
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    async def admit(self, url: str) -> None:
        """Has the guard look at an origin before anything is sent there. Raises AttemptFailed."""
        try:
            if reason := self.guard.check(url):
                raise AddressRefused(reason)
            origin, _ = split_url(url)
            await self.guard.pin(origin.host, origin.port)
        except (AddressRefused, OSError, ValueError) as error:
            raise _explain(error) from error

    async def send(
        self,
        method: str,
        url: str,
        headers: Headers,
        body: bytes | None,
        *,
        timeout_secs: float,
        max_bytes: int,
        cut: bool = False,
        sent: Callable[[], None] | None = None,
    ) -> Answer:
        """One hop: no redirect is followed. Raises AttemptFailed.

        Args:
          url: as the URL Standard serialises it (schemas.request.canonical_url).
          timeout_secs: from looking the host up to the last byte.
          max_bytes: of the body, as received and as decoded.
          cut: a body that is too large is cut instead of refused.
          sent: called when the request goes out.
        """
        wanted = Wanted(method, max_bytes, cut, sent)
        try:
            async with asyncio.timeout(timeout_secs):
                origin, target = split_url(url)
                return await self.carry(origin, url, request_message(method, target, origin, headers, body), wanted)
        except TimeoutError as error:
            raise _explain(TimeoutError(f"no complete answer within {timeout_secs:g} s")) from error
        except (AddressRefused, NoHttp, BodyTooLarge, BodyBroken, OSError, ValueError) as error:
            raise _explain(error) from error

    async def carry(self, origin: Origin, url: str, message: bytes, wanted: Wanted) -> Answer:
        """Sends a message over a connection to its origin, one that is open or a new one."""
        connection = self._take(origin) or await self._connect(origin, url)
        try:
            return await connection.request(message, wanted)
        except ConnectionError:
            if not _was_stale(connection, wanted.method):
                raise
            connection = await self._connect(origin, url)
            return await connection.request(message, wanted)
        finally:
            self._give_back(origin, connection)

    async def _connect(self, origin: Origin, url: str) -> HttpConnection:
        """A connection to an address that the guard has checked; one that is dead gives way to the host's next."""
        if reason := self.guard.check(url):
            raise AddressRefused(reason)
        first, *others = (await self.guard.addresses(origin.host, origin.port))[:_MAX_ADDRESSES]
        for address, port in others:
            try:
                async with asyncio.timeout(_CONNECT_SECS):
                    return await self._open(origin, *first)
            except OSError:
                first = address, port
        return await self._open(origin, *first)

    async def _open(self, origin: Origin, address: str, port: int) -> HttpConnection:
        """The address is what the connection goes to; the name stays in Host and in TLS's server name."""
        loop = asyncio.get_running_loop()
        if origin.scheme == "http":
            _, connection = await loop.create_connection(HttpConnection, address, port)
            return connection
        _, connection = await loop.create_connection(
            HttpConnection, address, port, ssl=self.tls(), server_hostname=origin.host.rstrip(".")
        )
        return connection

    def tls(self) -> ssl.SSLContext:
        """What certificates are checked with."""
        self._context = self._context or ssl.create_default_context()
        return self._context

    def _take(self, origin: Origin) -> HttpConnection | None:
        """An open connection to the origin, the one used last."""
        connections = self._idle.get((origin.scheme, origin.host, origin.port))
        while connections:
            connection = connections.pop()
            if connection.reusable:
                connection.idle_secs = asyncio.get_running_loop().time() - connection.idle_since
                return connection
        return None

    def _give_back(self, origin: Origin, connection: HttpConnection) -> None:
        if not connection.reusable:
            connection.close()
            return
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        self._idle.setdefault((origin.scheme, origin.host, origin.port), []).append(connection)
        if self._sweep is None:
            self._sweep = loop.call_later(_KEEP_ALIVE_SECS, self._close_idle)

    def _close_idle(self) -> None:
        """Closes what has been idle for long, and looks again later while anything is left."""
        loop = asyncio.get_running_loop()
        oldest = loop.time() - _KEEP_ALIVE_SECS
        for key, connections in list(self._idle.items()):
            kept = [one for one in connections if one.reusable and one.idle_since > oldest]
            for connection in set(connections) - set(kept):
                connection.close()
            if kept:
                self._idle[key] = kept
            else:
                del self._idle[key]
        self._sweep = loop.call_later(_KEEP_ALIVE_SECS, self._close_idle) if self._idle else None
