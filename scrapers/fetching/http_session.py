"""One request on the wire and its whole answer: limits, guard, and every way to fail told apart."""

import asyncio
import dataclasses
import ssl
import time
from collections.abc import Sequence

import aiohttp
from yarl import URL

from schemas.reasons import Dead
from scrapers.fetching.address_guard import AddressRefused, Guard
from scrapers.fetching.body import BodyBroken, BodyDecoder, BodyTooLarge
from scrapers.fetching.failures import AttemptFailed
from scrapers.fetching.resolver import GuardedConnector

__all__ = ["Answer", "HttpSession"]

_HEADER_BYTES = 65_536  # aiohttp's 8,190 refuses the Content-Security-Policy of large sites
_MAX_HEADERS = 256
_KEEP_ALIVE_SECS = 15.0
_ADMITTED_SECS = 60.0
_MANY_ORIGINS = 10_000


@dataclasses.dataclass(slots=True)
class Answer:
    """What one request brought.

    Attributes:
      wire_bytes: of the body as received.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    wire_bytes: int

    def header(self, name: str) -> str:
        """The first value of a header given in lower case; empty when absent."""
        return next((value for key, value in self.headers if key.lower() == name), "")


def _text(value: bytes) -> str:
    """A header as UTF-8, else as Latin-1 (RFC 9110, 5.5, knows only the latter; sites send both)."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _explain(error: Exception) -> AttemptFailed:
    """What an error of the client means for the request."""
    message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, AddressRefused):
        return AttemptFailed(Dead.ADDRESS_REFUSED, str(error))
    if isinstance(error, TimeoutError):
        return AttemptFailed(Dead.TIMEOUT, message, transient=True)
    if isinstance(error, BodyTooLarge):
        return AttemptFailed(Dead.TOO_LARGE, "the body is larger than fetch.max_bytes")
    if isinstance(error, BodyBroken):
        # a cut stream ends too early, and a broken one is most often a cut one: worth another attempt
        return AttemptFailed(Dead.CONNECTION, str(error), transient=True)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return AttemptFailed(Dead.CONNECTION, message)
    if isinstance(error, aiohttp.ClientResponseError | aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError):
        return AttemptFailed(Dead.BAD_CONTENT, f"no valid HTTP: {message}")
    return AttemptFailed(Dead.CONNECTION, message, transient=True)


class HttpSession:
    """Sends requests for all sources that share one set of `resolve` mappings. Must be made on the loop."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._admitted: dict[tuple[str, int], float] = {}
        self._session = aiohttp.ClientSession(
            connector=GuardedConnector(guard, ssl=ssl.create_default_context(), keepalive_timeout=_KEEP_ALIVE_SECS),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            read_bufsize=1 << 18,
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
            max_headers=_MAX_HEADERS,
        )
        self._session._retry_connection = False  # it would send again at once, behind the back of the host's delay

    async def close(self) -> None:
        """Closes every connection."""
        await self._session.close()

    async def send(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes | None,
        *,
        timeout_secs: float,
        max_bytes: int,
        cut: bool = False,
    ) -> Answer:
        """One hop: no redirect is followed. Raises AttemptFailed.

        Args:
          url: as the URL Standard serialises it (schemas.request.canonical_url).
          timeout_secs: from looking the host up to the last byte.
          max_bytes: of the body, as received and as decoded.
          cut: a body that is too large is cut instead of refused.
        """
        try:
            async with asyncio.timeout(timeout_secs):
                target = URL(url, encoded=True)
                await self._admit(target)
                response = await self._session.request(
                    method, target, headers=headers, data=body, allow_redirects=False
                )
                try:
                    return await self._read(response, max_bytes, cut)
                except BaseException:
                    response.close()
                    raise
        except (
            aiohttp.ClientError,
            AddressRefused,
            BodyTooLarge,
            BodyBroken,
            OSError,
            ValueError,
            TimeoutError,
        ) as error:
            if isinstance(error, TimeoutError) and not str(error):
                error = TimeoutError(f"no complete answer within {timeout_secs:g} s")
            raise _explain(error) from error

    async def admit(self, url: str) -> None:
        """Has the guard look at an origin before anything is sent there. Raises AttemptFailed."""
        try:
            await self._admit(URL(url, encoded=True))
        except (AddressRefused, OSError, ValueError) as error:
            raise _explain(error) from error

    async def _admit(self, url: URL) -> None:
        origin = (url.raw_host or "", url.port or 0)
        now = time.monotonic()
        if self._admitted.get(origin, 0.0) > now:
            return
        if reason := self._guard.check(str(url)):
            raise AddressRefused(reason)
        await self._guard.pin(*origin)
        if len(self._admitted) >= _MANY_ORIGINS:
            self._admitted.clear()
        self._admitted[origin] = now + _ADMITTED_SECS  # as long as the guard keeps a lookup

    async def _read(self, response: aiohttp.ClientResponse, max_bytes: int, cut: bool) -> Answer:
        length = response.headers.get("Content-Length", "")
        if length.isdigit() and int(length) > max_bytes and response.method != "HEAD" and not cut:
            raise BodyTooLarge
        decoder = BodyDecoder(response.headers.get("Content-Encoding", ""), max_bytes)
        headers = tuple([(_text(name), _text(value)) for name, value in response.raw_headers])
        content = response.content
        try:
            while chunk := await content.readany():
                decoder.feed(chunk)
        except BodyTooLarge:
            if not cut:
                raise
            response.close()
            return Answer(response.status, headers, decoder.so_far(), decoder.wire_bytes)
        response.release()
        return Answer(response.status, headers, decoder.finish(), decoder.wire_bytes)
