"""The proxies of a source: which one is next, and the others when it fails."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from scrapers.fetching.address_guard import Guard
from scrapers.fetching.upstream import ProxyFailed, Upstream
from scrapers.source_files.proxy_address import parse_proxy

__all__ = ["Proxies"]

ResultT = TypeVar("ResultT")


class Proxies:
    """For one event loop. They begin somewhere in the list, so that the processes of a run do not all use the first.

    Args:
      addresses: as `proxy` names them; at least one.
    """

    def __init__(self, addresses: Sequence[str], guard: Guard, secret: Callable[[str], str]) -> None:
        self._all = [Upstream(parse_proxy(text), guard, secret) for text in addresses]
        self._next = random.randrange(len(self._all))  # noqa: S311
        self._kept = self._next

    async def through(self, work: Callable[[Upstream], Awaitable[ResultT]], *, keep: bool) -> ResultT:
        """Has the next proxy do something, and the ones after it where it fails.

        Args:
          keep: stay with the proxy that worked last, instead of taking turns.

        Raises:
          ProxyFailed: each one failed, or rests. And whatever else `work` raises, at once.
        """
        start = self._kept if keep else self._next
        self._next = self._next if keep else (start + 1) % len(self._all)
        now = asyncio.get_running_loop().time()
        told = []
        transient = False
        for number in (*range(start, len(self._all)), *range(start)):
            one = self._all[number]
            if one.rests_until > now:
                secs = one.rests_until - now
                told.append(f"the proxy {one.name} rests for {secs:.0f} s more: {one.last_failure}")
                transient = True
                continue
            try:
                result = await work(one)
            except ProxyFailed as error:
                told.append(str(error))
                transient = transient or error.transient
                continue
            self._kept = number if keep else self._kept
            return result
        raise ProxyFailed("; ".join(told[:3]), transient=transient)
