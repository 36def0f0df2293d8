"""Connections go to addresses that the guard has checked and pinned, and to no other."""

import ipaddress
import socket
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from scrapers.fetching.address_guard import Guard

__all__ = ["GuardedConnector", "GuardedResolver"]


class GuardedResolver(AbstractResolver):
    """Asks the guard instead of the system. The name stays in Host and TLS's server name, only the address is ours."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The pinned address. Raises AddressRefused or LookupFailed."""
        address, to_port = await self._guard.pin(host, port)
        version = ipaddress.ip_address(address.partition("%")[0]).version
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=to_port,
                family=socket.AF_INET6 if version == 6 else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is held."""


class GuardedConnector(aiohttp.TCPConnector):
    """A connector without a limit of its own (hosts are limited by their queues), every lookup guarded.

    aiohttp does not ask a resolver about literal addresses. HttpSession has those checked before it sends anything;
    here they are asked about too, because `resolve` may map `127.0.0.1:8080` to another port.
    """

    def __init__(self, guard: Guard, **options: Any) -> None:
        self._guarded = GuardedResolver(guard)
        super().__init__(resolver=self._guarded, use_dns_cache=False, limit=0, **options)

    async def _resolve_host(self, host: str, port: int, traces: Any = None) -> list[ResolveResult]:
        return await self._guarded.resolve(host, port)
