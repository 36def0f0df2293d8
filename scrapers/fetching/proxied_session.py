"""Requests over HTTP through a source's proxies. What may be reached is decided here, as without them."""

import asyncio

from scrapers.fetching.address_guard import AddressRefused, Guard
from scrapers.fetching.http_connection import Answer, HttpConnection, Wanted
from scrapers.fetching.http_session import HttpSession
from scrapers.fetching.proxies import Proxies
from scrapers.fetching.request_message import Origin, in_absolute_form
from scrapers.fetching.upstream import Upstream

__all__ = ["ProxiedSession"]


class ProxiedSession(HttpSession):
    """Sends each request through one of the proxies; through another where the site has not seen it.

    The names of sites are looked up here and by the proxy: an address that is refused here never reaches the proxy.

    Args:
      keep: stay with a proxy as long as it works: sites tie sessions to addresses.
    """

    proxies: Proxies

    def __init__(self, guard: Guard, proxies: Proxies, *, keep: bool) -> None:
        super().__init__(guard)
        self.proxies = proxies
        self._keep = keep
        self._ways: dict[Upstream, _Way] = {}

    def close(self) -> None:
        """Closes every connection that is not in use."""
        for way in self._ways.values():
            way.close()
        super().close()

    async def carry(self, origin: Origin, url: str, message: bytes, wanted: Wanted) -> Answer:
        """As HttpSession's; raises ProxyFailed when no proxy leads there."""
        if reason := self.guard.check(url):
            raise AddressRefused(reason)
        await self.guard.addresses(origin.host, origin.port)
        return await self.proxies.through(
            lambda one: self._way(one).carry(origin, url, message, wanted), keep=self._keep
        )

    def _way(self, upstream: Upstream) -> "_Way":
        way = self._ways.get(upstream)
        if way is None:
            way = self._ways[upstream] = _Way(self, upstream)
        return way


class _Way(HttpSession):
    """The connections through one proxy: tunnels for https, else requests to the proxy itself."""

    def __init__(self, session: ProxiedSession, upstream: Upstream) -> None:
        super().__init__(session.guard)
        self._session = session
        self._upstream = upstream

    async def carry(self, origin: Origin, url: str, message: bytes, wanted: Wanted) -> Answer:
        is_plain = origin.scheme == "http"
        if is_plain:
            message = in_absolute_form(message, origin.authority, self._upstream.authorization())
        answer = await super().carry(origin, url, message, wanted)
        if is_plain and answer.status == 407:
            raise self._upstream.refused(407, f"{origin.host}:{origin.port}")
        self._upstream.worked()
        return answer

    async def _connect(self, origin: Origin, url: str) -> HttpConnection:
        if origin.scheme == "http":
            return await self._upstream.connect(HttpConnection)
        transport = await self._upstream.tunnel(origin.host, origin.port)
        connection = HttpConnection()
        connection.connection_made(transport)  # a server that speaks before it is asked finds somebody to hang up
        try:
            encrypted = await asyncio.get_running_loop().start_tls(
                transport, connection, self._session.tls(), server_hostname=origin.host.rstrip(".")
            )
        except BaseException:
            transport.abort()
            raise
        if encrypted is None or encrypted.is_closing() or transport.is_closing():
            raise ConnectionResetError("the server closed the connection before it was asked")
        connection.connection_made(encrypted)
        return connection
