"""When the next request to a host may start: one clock a host key, shared by all in the process that talk to it."""

import asyncio
from collections.abc import Awaitable, Callable

__all__ = ["Domain", "HostClock", "HostClocks"]

HostKey = tuple[str, int]
_LONG_AGO_SECS = float("-inf")


class Domain:
    """What all slots of a registrable domain share: the pause that a 429 or 503 asked for.

    Attributes:
      name: the domain.
      paused_until: loop seconds.
    """

    __slots__ = ("name", "paused_until")

    def __init__(self, name: str) -> None:
        self.name = name
        self.paused_until = 0.0

    def pause(self, until: float) -> None:
        """Until then, in loop seconds; an earlier, longer pause stays."""
        self.paused_until = max(self.paused_until, until)


class HostClock:
    """Spaces the starts of requests to one host key, and counts those in flight.

    Where several sources share a host, the longer delay of the request before and the one to come counts.

    Attributes:
      fresh: nothing has been sent by this clock yet.
      in_flight: requests that have a place: sent and not yet answered, or waiting for their turn.
      out: requests sent and not yet answered.
      used_at: loop seconds.
      last_sent: loop seconds when a request went out; long ago before the first.
    """

    __slots__ = (
        "_last_delay_secs", "_last_start", "_lock", "_sent_delay_secs", "domain", "fresh", "in_flight", "last_sent",
        "out", "used_at",
    )  # fmt: skip

    def __init__(self, domain: Domain, now: float, delay_secs: float) -> None:
        self.domain = domain
        self.fresh = True
        self.in_flight = self.out = 0
        self.used_at = now
        self.last_sent = _LONG_AGO_SECS
        self._sent_delay_secs = 0.0
        self._last_start = now
        self._last_delay_secs = delay_secs
        self._lock = asyncio.Lock()

    async def turn(self, delay_secs: float, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Waits until a request may start that wants `delay_secs` on both sides of it; in the order of arrival."""
        self.fresh = False
        loop = asyncio.get_running_loop()
        if self._lock.locked() or self._wait_secs(delay_secs, loop.time()) > 0:
            async with self._lock:
                while (wait_secs := self._wait_secs(delay_secs, loop.time())) > 0:
                    await sleep(wait_secs)
                self._start(delay_secs, loop.time())
        else:
            self._start(delay_secs, loop.time())

    def sent(self, delay_secs: float) -> tuple[float, float]:
        """A request goes out now: later than its turn came, if it had to connect first.

        Gives the seconds that were to lie between it and the one before, and those that do: infinite for the first.
        """
        now = asyncio.get_running_loop().time()
        told = max(self._sent_delay_secs, delay_secs), now - self.last_sent
        self._last_start = self.last_sent = now
        self._sent_delay_secs = delay_secs
        return told

    async def late_turn(self, delay_secs: float, sleep: Callable[[float], Awaitable[None]]) -> None:
        """For what has had its `turn` and then had to wait for something else: others may have gone meanwhile."""
        loop = asyncio.get_running_loop()
        while (wait_secs := max(self.last_sent + delay_secs, self.domain.paused_until) - loop.time()) > 0:
            await sleep(wait_secs)

    def _wait_secs(self, delay_secs: float, now: float) -> float:
        return max(self._last_start + max(self._last_delay_secs, delay_secs), self.domain.paused_until) - now

    def _start(self, delay_secs: float, now: float) -> None:
        self._last_start, self._last_delay_secs = now, delay_secs

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
        self.domain.pause(asyncio.get_running_loop().time() + secs)

    def wait_anew(self) -> None:
        """Has the next request wait one full delay from now: another process may have just been at this host."""
        self._last_start = max(self._last_start, asyncio.get_running_loop().time())


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
            clock = self._clocks[key] = HostClock(self._domain(key[0]), now, delay_secs)
        clock.used_at = now
        return clock

    def arrive(self, key: HostKey, paused_secs: float) -> None:
        """A key comes from another process, where its domain had still to be left alone for so long."""
        self._domain(key[0]).pause(asyncio.get_running_loop().time() + paused_secs)
        if key in self._clocks:
            self._clocks[key].wait_anew()

    def paused_until(self, domain: str) -> float:
        """Loop seconds; 0 for a domain that was never paused. From any thread."""
        known = self._domains.get(domain)
        return known.paused_until if known is not None else 0.0

    def _domain(self, name: str) -> Domain:
        return self._domains.setdefault(name, Domain(name))

    def _forget(self, now: float) -> None:
        idle = [
            key for key, clock in self._clocks.items() if now - clock.used_at > self._IDLE_SECS and not clock.in_flight
        ]
        for key in idle:
            del self._clocks[key]
        kept = {key[0] for key in self._clocks}
        self._domains = {name: domain for name, domain in self._domains.items() if name in kept}
