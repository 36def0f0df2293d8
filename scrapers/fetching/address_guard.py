"""Resolves a host once, checks every address that it has, and pins the connection to a checked one."""

import asyncio
import contextlib
import functools
import ipaddress
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Sequence

import ada_url

from scrapers.fetching.addresses import BAD_PORTS, check_url, refuse, refuse_name

__all__ = ["AddressRefused", "Guard", "LookupFailed", "Resolve", "check_url", "refuse"]

Address = tuple[str, int]
Resolve = Callable[[str, int], Awaitable[list[str]]]

_DEFAULT_PORTS = {"http:": 80, "https:": 443}
_KEPT_SECS = 60.0
_FAILURE_KEPT_SECS = 0.5  # less than the first wait before another attempt
_MAX_KEPT = 10_000
_MAX_LOOKUPS = 64
"""Lookups at once; the next ones wait."""


class AddressRefused(Exception):
    """The host leads, or may lead, elsewhere than to the public internet."""


class LookupFailed(OSError):
    """The name has no address, or the name server did not answer."""


async def look_up(host: str, port: int) -> list[str]:
    """Every address of a name, in the system's order of preference (RFC 6724).

    A thread of its own, because the loop's few resolver threads would be used up by a handful of dead name servers,
    and a daemon, because a stuck lookup must not hold up the end of the process.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(addresses: list[str], error: OSError | None) -> None:
        if answer.done():
            return
        if error:
            answer.set_exception(error)
        else:
            answer.set_result(addresses)

    def ask() -> None:
        addresses: list[str] = []
        failure: OSError | None = None
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
        except (OSError, UnicodeError) as error:  # UnicodeError: a label of more than 63 characters
            failure = LookupFailed(f"{host}: {error}")
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
            loop.call_soon_threadsafe(settle, addresses, failure)

    threading.Thread(target=ask, daemon=True, name=f"lookup {host}").start()
    return await answer


def _parse_mapping(mapping: str) -> tuple[str, int, str, int]:
    """`HOST:PORT:ADDR[:PORT]` as (host, port, address, port); IPv6 addresses stand in brackets."""
    try:
        host, port, rest = _split_host(mapping.removeprefix("+"))
        address, to_port, end = _split_host(f"{rest}:{port}" if _has_no_port(rest) else rest)
        if end:
            raise ValueError(mapping)
        return _canonical(host), int(port), str(ipaddress.ip_address(address)), int(to_port)
    except ValueError:
        raise ValueError(f"{mapping!r} is not HOST:PORT:ADDR or HOST:PORT:ADDR:PORT (IPv6 in brackets)") from None


def _has_no_port(rest: str) -> bool:
    return rest.endswith("]") if rest.startswith("[") else ":" not in rest


def _split_host(text: str) -> tuple[str, str, str]:
    """The host in front, the port after it, and what follows."""
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        rest = rest.removeprefix(":")
    else:
        host, _, rest = text.partition(":")
    port, _, rest = rest.partition(":")
    return host, port, rest


@functools.lru_cache(16_384)
def _canonical(host: str) -> str:
    """A host as the WHATWG URL Standard writes it, without brackets and final dot; ValueError when it is none."""
    if host == "*":
        return host
    literal = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return ada_url.URL(f"http://{literal}/").hostname.strip("[]").removesuffix(".")


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


class Guard:
    """Decides where connections go. For one event loop.

    Args:
      resolve: `HOST:PORT:ADDR[:PORT]`, curl's --resolve with a port to go to: maps that host and port, and admits the
        address, whatever it is. HOST may be `*`.
      allow: hosts, and networks such as `10.2.0.0/16`, that are admitted although they are not public.
      look_up: how names become addresses.
      clock: seconds, for how long answers are kept.
    """

    def __init__(
        self,
        resolve: Sequence[str] = (),
        allow: Sequence[str] = (),
        look_up: Resolve = look_up,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        mappings = map(_parse_mapping, resolve)
        self._mapped = {(host, port): (address, to_port) for host, port, address, to_port in mappings}
        self._networks = tuple(ipaddress.ip_network(text) for text in allow if _is_network(text))
        self._hosts = frozenset(_canonical(text) for text in allow if not _is_network(text))
        self._look_up = look_up
        self._clock = clock
        self._kept: dict[str, tuple[float, asyncio.Task[list[str]]]] = {}
        self._lookups = asyncio.Semaphore(_MAX_LOOKUPS)

    def mapped(self, host: str, port: int) -> Address | None:
        """Where `resolve` sends a host and port; None when it does not name them. `*` is any name, and no address."""
        found = self._mapped.get((host, port))
        return found or (None if _is_network(host) else self._mapped.get(("*", port)))

    def check(self, url: str) -> str | None:
        """Why a URL is refused before any lookup; None for one that may be looked up or that `resolve` admits."""
        reason = check_url(url)
        if reason is None or not (self._mapped or self._hosts or self._networks):
            return reason
        try:
            parsed = ada_url.URL(url)
            default = _DEFAULT_PORTS[parsed.protocol]
        except (ValueError, KeyError):
            return reason
        host, port = _canonical(parsed.hostname), int(parsed.port or default)
        admitted = self.mapped(host, port) or (port not in BAD_PORTS and self._admits(host))
        return None if admitted else reason

    def _admits(self, host: str) -> bool:
        """Whether `allow` names a host, or a network that an address is in."""
        if host in self._hosts or not self._networks:
            return host in self._hosts
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return False
        return any(address in network for network in self._networks)

    async def pin(self, host: str, port: int) -> Address:
        """The address and port to connect to.

        Raises:
          AddressRefused: the host, its port, or any of its addresses is not public.
          LookupFailed: the name has no address.
        """
        return (await self.addresses(host, port))[0]

    async def addresses(self, host: str, port: int) -> list[Address]:
        """All addresses of a host, best first: every one of them was checked. Raises as `pin` does."""
        try:
            host = _canonical(host)
        except ValueError:
            raise AddressRefused(f"{host!r} is not a host name") from None
        if mapped := self.mapped(host, port):
            return [mapped]
        if port in BAD_PORTS:
            raise AddressRefused(f"port {port} is not for HTTP")
        if (reason := refuse_name(host)) and not self._admits(host):
            raise AddressRefused(reason)
        return [(address, port) for address in await self._addresses_of(host, port)]

    async def _addresses_of(self, host: str, port: int) -> list[str]:
        now = self._clock()
        kept = self._kept.get(host)
        if kept is None or kept[0] <= now:
            if len(self._kept) >= _MAX_KEPT:
                self._kept = {name: entry for name, entry in self._kept.items() if entry[0] > now}
            task = asyncio.ensure_future(self._checked(host, port))
            kept = self._kept[host] = now + _KEPT_SECS, task
            task.add_done_callback(lambda task: self._keep_failure_shortly(host, task))
        return await asyncio.shield(kept[1])  # one lookup for all who ask; a caller that gives up does not end it

    def _keep_failure_shortly(self, host: str, task: "asyncio.Task[list[str]]") -> None:
        if task.cancelled():
            self._kept.pop(host, None)
        elif isinstance(task.exception(), LookupFailed):
            self._kept[host] = self._clock() + _FAILURE_KEPT_SECS, task

    async def _checked(self, host: str, port: int) -> list[str]:
        if host.replace(".", "").isdigit() or ":" in host:
            return [host]  # a public one: `refuse_name` has seen it
        async with self._lookups:
            addresses = await self._look_up(host, port)
        if not addresses:
            raise LookupFailed(f"{host}: no address")
        for address in addresses:
            if (reason := refuse(address)) and not (host in self._hosts or self._admits(address)):
                raise AddressRefused(f"{host}: {reason}")
        return addresses
