"""When the next request to a host may start: one clock a host key, shared by all in the process that talk to it."""

import asyncio
from collections.abc import Awaitable, Callable

__all__ = ["Domain", "HostClock", "HostClocks"]

HostKey = tuple[str, int]


class Domain:
    """What all slots of a registrable domain share: the pause that a 429 or 503 asked for.

    Attributes:
      paused_until: loop seconds.
    """

    __slots__ = ("paused_until",)

    def __init__(self) -> None:
        self.paused_until = 0.0


class HostClock:
    """Spaces the starts of requests to one host key, and counts those in flight.

    Attributes:
      fresh: nothing has been sent by this clock yet.
      next_start: loop seconds before which no request starts.
      in_flight: requests sent and not yet answered.
    """

    __slots__ = ("_lock", "domain", "fresh", "in_flight", "next_start", "used_at")

    def __init__(self, domain: Domain, next_start: float) -> None:
        self.domain = domain
        self.next_start = next_start
        self.used_at = next_start
        self.in_flight = 0
        self.fresh = True
        self._lock = asyncio.Lock()

    async def turn(self, delay_secs: float, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Waits until a request may start, and reserves `delay_secs` after it; in the order of arrival."""
        self.fresh = False
        loop = asyncio.get_running_loop()
        now = loop.time()
        if not self._lock.locked() and self.next_start <= now and self.domain.paused_until <= now:
            self.next_start = now + delay_secs
            return
        async with self._lock:
            while (wait := max(self.next_start, self.domain.paused_until) - loop.time()) > 0:
                await sleep(wait)
            self.next_start = loop.time() + delay_secs

    async def enter(self, limit: int, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Takes one of `limit` places, waiting for another visit to the same host where it must."""
        while self.in_flight >= limit:
            await sleep(0.05)  # rare: two visits of one process on one key
        self.in_flight += 1

    def leave(self) -> None:
        """Gives the place back."""
        self.in_flight -= 1

    def pause(self, secs: float) -> None:
        """No request to the whole domain starts within the next `secs`; an earlier, longer pause stays."""
        until = asyncio.get_running_loop().time() + secs
        self.domain.paused_until = max(self.domain.paused_until, until)


class HostClocks:
    """The clocks of a process, made on first need; those unused for an hour are forgotten when there are many."""

    _MANY = 10_000
    _IDLE_SECS = 3600.0

    def __init__(self) -> None:
        self._clocks: dict[HostKey, HostClock] = {}
        self._domains: dict[str, Domain] = {}

    def of(self, key: HostKey, delay_secs: float) -> HostClock:
        """The clock of `key`. New here, it waits one full delay: another process may have just been at this host."""
        clock = self._clocks.get(key)
        now = asyncio.get_running_loop().time()
        if clock is None:
            if len(self._clocks) >= self._MANY:
                self._forget(now)
            domain = self._domains.setdefault(key[0], Domain())
            clock = self._clocks[key] = HostClock(domain, now + delay_secs)
        clock.used_at = now
        return clock

    def _forget(self, now: float) -> None:
        idle = [
            key for key, clock in self._clocks.items() if now - clock.used_at > self._IDLE_SECS and not clock.in_flight
        ]
        for key in idle:
            del self._clocks[key]
        kept = {key[0] for key in self._clocks}
        self._domains = {name: domain for name, domain in self._domains.items() if name in kept}
