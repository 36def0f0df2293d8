"""A subscription of Pub/Sub as one process sees it: plain pulls, and leases that last until the work is done.

A process that dies extends no lease any more: its events come again, to whoever pulls then.
"""

import contextlib
import itertools
import logging
import math
import queue
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from google.api_core import exceptions

from pipelines.streaming.pubsub_clients import subscriber, told

__all__ = ["CALL_SECS", "LEASE_SECS", "PULL_SECS", "Subscription"]

_LOG = logging.getLogger(__name__)
LEASE_SECS = 30
PULL_SECS = 5.0
PAUSE_SECS = 2.0
CALL_SECS = 10.0
_MOST_AT_ONCE = 500
"""Messages of one call: its answer has 10 MB at most, and a request to acknowledge 512 KB."""
_HOPELESS = (
    exceptions.NotFound,
    exceptions.PermissionDenied,
    exceptions.Unauthenticated,
    exceptions.InvalidArgument,
    exceptions.FailedPrecondition,
)


class Subscription:
    """Pulls in a thread of its own, as many messages as are asked for, and extends the leases of all that it pulled.

    Args:
      name: projects/P/subscriptions/S.
      lease_secs: how long a message is this process's own, unless that is prolonged; 10 at least. So long after a crash
        it comes again.
      max_lease_secs: for how long a lease is prolonged; then the message comes again, whatever is done with it.
      hopeless_pause_secs: after an error that waiting does not mend (no such subscription, no permission) it is tried
        again so much later; None: never, and `lost` says what is to be done.

    Attributes:
      lost: why no message can be pulled any more; empty when some can.
    """

    def __init__(
        self,
        name: str,
        lease_secs: int = LEASE_SECS,
        max_lease_secs: float = math.inf,
        hopeless_pause_secs: float | None = None,
    ) -> None:
        self.lost = ""
        self._name, self._lease_secs, self._max_lease_secs = name, lease_secs, max_lease_secs
        self._hopeless_pause_secs = hopeless_pause_secs
        self._client = subscriber(name)
        self._pulled: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._leases: dict[str, float] = {}
        self._lock = threading.Lock()
        self._room = 0
        self._asked_at = 0.0
        self._wake = threading.Event()
        self._closed = threading.Event()
        for work in (self._pull, self._extend):
            threading.Thread(target=work, daemon=True, name=f"pubsub{work.__name__}").start()

    @property
    def held(self) -> int:
        """Messages that were taken, and are neither done nor given back."""
        return max(0, len(self._leases) - self._pulled.qsize())

    def take(self, most: int, wait_secs: float = 0.0, ahead: int = 0) -> list[Any]:
        """Some of the messages that were pulled, as Pub/Sub's client has them; says how many more are wanted.

        Args:
          wait_secs: for the first.
          ahead: pulled where fewer are taken; the others wait here, leased, for the next call.
        """
        wanted = max(most, ahead)
        self._want(wanted - self._pulled.qsize())
        taken: list[Any] = []
        with contextlib.suppress(queue.Empty):
            if most > 0:
                taken.append(self._pulled.get(timeout=wait_secs) if wait_secs else self._pulled.get_nowait())
            while len(taken) < most:
                taken.append(self._pulled.get_nowait())
        self._want(wanted - len(taken))
        return taken

    def _want(self, room: int) -> None:
        self._room, self._asked_at = max(room, 0), time.monotonic()
        self._wake.set()

    def _pull(self) -> None:
        while not self._closed.is_set():
            self._wake.wait(PULL_SECS)
            self._wake.clear()
            most = min(self._room - self._pulled.qsize(), _MOST_AT_ONCE)
            if most > 0 and not self._closed.is_set() and not self._pull_some(most):
                return

    def _pull_some(self, most: int) -> bool:
        """Pulls once; gives whether it makes sense to go on."""
        try:
            request = {"subscription": self._name, "max_messages": most}
            answer = self._client.pull(request=request, timeout=PULL_SECS, retry=None)
        except (exceptions.DeadlineExceeded, exceptions.Cancelled):
            return True
        except _HOPELESS as error:
            return self._cannot(told(self._name, error))
        except (exceptions.GoogleAPICallError, ValueError) as error:  # a closed client is a ValueError
            if not self._closed.is_set():
                _LOG.warning("%s; tried again", told(self._name, error))
            self._closed.wait(PAUSE_SECS)
            return True
        ids = [one.ack_id for one in answer.received_messages]
        self._lease(ids, self._lease_secs)
        with self._lock:
            self._leases.update(dict.fromkeys(ids, time.monotonic()))
        for received in answer.received_messages:
            self._pulled.put(received)
        if self._room < 0:
            self.give_back_pulled()
        return True

    def _cannot(self, why: str) -> bool:
        if self._hopeless_pause_secs is None:
            self.lost = why
            return False
        if not self._closed.is_set():
            _LOG.error("%s; tried again in %.0f s", why, self._hopeless_pause_secs)
        self._closed.wait(self._hopeless_pause_secs)
        return True

    def _extend(self) -> None:
        while not self._closed.wait(self._lease_secs / 3):
            oldest = time.monotonic() - self._max_lease_secs
            with self._lock:
                too_old = [one for one, since in self._leases.items() if since < oldest]
                for one in too_old:
                    del self._leases[one]
                ids = list(self._leases)
            if too_old:
                _LOG.warning("%s: %d events are not done after %.0f s", self._name, len(too_old), self._max_lease_secs)
            self._lease(ids, self._lease_secs)
            if time.monotonic() - self._asked_at > self._lease_secs / 3:
                self.give_back_pulled()  # nobody asks here any more: they are for another process

    def _lease(self, ids: Iterable[str], secs: int) -> None:
        def ask(some: list[str]) -> None:
            request = {"subscription": self._name, "ack_ids": some, "ack_deadline_seconds": secs}
            self._client.modify_ack_deadline(request=request, timeout=CALL_SECS)

        self._ask(ask, ids)

    def acknowledge(self, ids: Iterable[str]) -> None:
        """All that these messages asked for is done: they never come again. Any process may say so."""
        ids = list(ids)
        self.let_go(ids)
        self._ask(lambda some: self._client.acknowledge(subscription=self._name, ack_ids=some, timeout=CALL_SECS), ids)

    def give_back(self, ids: Iterable[str], after_secs: int = 0) -> None:
        """They are for somebody else, or for later."""
        ids = list(ids)
        self.let_go(ids)
        self._lease(ids, after_secs)

    def give_back_pulled(self) -> None:
        """Gives back what was pulled and not taken; nothing more is pulled until it is asked for."""
        self._room = -1
        left: list[str] = []
        with contextlib.suppress(queue.Empty):
            while True:
                left.append(self._pulled.get_nowait().ack_id)
        self.give_back(left)

    def let_go(self, ids: Iterable[str]) -> None:
        """Their leases are not prolonged any more."""
        with self._lock:
            for one in ids:
                self._leases.pop(one, None)

    def _ask(self, ask: Callable[[list[str]], None], ids: Iterable[str]) -> None:
        """Calls with some ids at a time. What fails is no loss: a lease lapses, and the event comes again."""
        left = iter(ids)
        while some := list(itertools.islice(left, _MOST_AT_ONCE)):
            try:
                ask(some)
            except (exceptions.GoogleAPICallError, ValueError) as error:
                _LOG.warning("%s: %s", self._name, error)

    def close(self) -> None:
        """Gives back everything."""
        self._closed.set()
        self._wake.set()
        with self._lock:
            left, self._leases = list(self._leases), {}
        self._lease(left, 0)
        self._client.close()
