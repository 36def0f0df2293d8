"""Hosts that several processes of a machine may want: each is one process's at a time, while it has work for it."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from schemas.request import RequestSpec

if TYPE_CHECKING:
    from scrapers.fetching.fetch_loop import FetchLoop
    from scrapers.fetching.visit import Visit

__all__ = ["HostLocks", "SharedHosts"]

HostKey = tuple[str, int]
_LOOK_SECS = 0.2


class HostLocks(Protocol):
    """What keeps other processes from a host; its methods are for the loop and do not wait."""

    def take(self, key: HostKey) -> float | None:
        """Takes a host; None when another process has it.

        Gives the seconds for which its domain is still to be left alone; negative when no other process had it since
        this one.
        """

    def give_back(self, key: HostKey, paused_secs: float) -> None:
        """It is free again, after this pause."""


class SharedHosts:
    """Takes a host when its queue opens and gives it back when that closes; who holds one waits for no other.

    What comes for a host that another process has waits here and keeps nothing else waiting: until that process has
    done its work there, until the run is to end, or until nobody wants it any more (`RequestSpec.deadline_at`).

    Args:
      locks: None: there are no other processes.
    """

    def __init__(self, locks: HostLocks | None, loop: "FetchLoop") -> None:
        self._locks = locks
        self._loop = loop
        self._held: set[HostKey] = set()
        self._waiting: list[tuple[Visit, HostKey, Sequence[RequestSpec]]] = []
        self._timer: asyncio.TimerHandle | None = None

    def may_open(self, key: HostKey, specs: Sequence[RequestSpec]) -> bool:
        """Whether these may go into the queue of the host: it is this process's, or none of them will be fetched."""
        if self._locks is None or key in self._held or self._loop.stopping or self._are_late(specs):
            return True
        paused_secs = self._locks.take(key)
        if paused_secs is None:
            return False
        self._held.add(key)
        if paused_secs >= 0:
            self._loop.attempts.clocks.arrive(key, paused_secs)
        return True

    def _are_late(self, specs: Sequence[RequestSpec]) -> bool:
        now = self._loop.settings.clock()
        return all(0 < spec.deadline_at < now for spec in specs)

    def wait(self, visit: "Visit", key: HostKey, specs: Sequence[RequestSpec]) -> None:
        """Has the fetcher asked again for them, until they may go."""
        self._waiting.append((visit, key, specs))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_LOOK_SECS, self._look)

    def _look(self) -> None:
        self._timer = None
        waiting, self._waiting = self._waiting, []
        for visit, key, specs in waiting:
            self._loop.admit(visit, key, specs, is_opened=True)

    def abandon(self, visit: "Visit") -> None:
        """Nobody takes what would end there."""
        self._waiting = [waiting for waiting in self._waiting if waiting[0] is not visit]

    def give_back(self, key: HostKey) -> None:
        """The queue of a host has closed."""
        if self._locks is not None and key in self._held:
            self._held.discard(key)
            paused_until = self._loop.attempts.clocks.paused_until(key[0])
            self._locks.give_back(key, max(0.0, paused_until - self._loop.time()))

    def close(self) -> None:
        """Gives back all of them."""
        for key in list(self._held):
            self.give_back(key)
