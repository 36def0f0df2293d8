"""The desks of a process, one a host, and how they share it."""

import itertools
import os
import secrets
import threading
import time
from collections.abc import Callable

from scrapers.fetching.desk import Desk
from scrapers.fetching.desk_load import Load
from scrapers.fetching.desk_visit import LAPSE_SECS, DeskVisit
from scrapers.fetching.fetcher import Fetcher

__all__ = ["Desks"]

HostKey = tuple[str, int]
_SWEEP_SECS = 5.0
_IDLE_SECS = 600.0
_DRAINED_SECS = 60.0
_LOOK_SECS = 0.02


class Desks:
    """Gives the desk of a host. From any thread.

    Args:
      fetcher: of the process.
      stopping: whether nothing more is to be begun.
    """

    def __init__(self, fetcher: Fetcher, stopping: Callable[[], bool] = lambda: False) -> None:
        self.stopping = stopping
        self.load = Load(fetcher.settings)
        self._fetcher = fetcher
        self._process = f"{os.getpid()}-{secrets.token_hex(6)}"  # a process id alone comes again, here and elsewhere
        self._numbers = itertools.count()
        self._desks: dict[HostKey, Desk] = {}
        self._used_at: dict[HostKey, float] = {}
        self._lock = threading.Lock()
        self._swept_at = time.monotonic()
        self._drain_until = float("-inf")

    def desk(self, key: HostKey) -> Desk:
        """The desk of a host; made when it is first needed, and gone some time after it was last used."""
        now = time.monotonic()
        with self._lock:
            if now - self._swept_at > _SWEEP_SECS:
                self._sweep(now)
            self._used_at[key] = now
            desk = self._desks.get(key)
            if desk is None:
                desk = self._desks[key] = Desk(key, self._open_visit, self._sign, self.load)
            return desk

    def wait_for_room(self, secs: float) -> float:
        """Waits, but no longer than that, while the process has much in hand; gives the seconds that are left."""
        until = time.monotonic() + secs
        while self.load.is_much and time.monotonic() < until:
            time.sleep(_LOOK_SECS)
        return max(0.0, until - time.monotonic())

    def drain_until(self, secs: float) -> float:
        """Until when (`time.monotonic`) what is at work may end by itself; all hosts have the same time for it."""
        with self._lock:
            now = time.monotonic()
            if now - self._drain_until > _DRAINED_SECS:
                self._drain_until = now + secs
            return self._drain_until

    def _open_visit(self) -> DeskVisit:
        """Some of the work may come from a process that died over it, after this one had begun."""
        self._fetcher.look_for_crashes()
        return self._fetcher.desk_visit(self.load)

    def _sign(self) -> str:
        return f"{self._process}-{next(self._numbers)}"

    def _sweep(self, now: float) -> None:
        """Lets go of hosts that have moved to other processes, and of what is long idle."""
        self._swept_at = now
        for key, used_at in list(self._used_at.items()):
            desk = self._desks[key]
            is_left = now - used_at > (_IDLE_SECS if desk.is_idle else LAPSE_SECS)
            if is_left and desk.lock.acquire(blocking=False):
                desk.discard()
                desk.lock.release()
                del self._desks[key], self._used_at[key]
