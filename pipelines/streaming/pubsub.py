"""Pub/Sub: plain pulls, leases that last as long as the work does, acknowledged when all of it is written.

A process that dies extends no lease any more: its events come again, to whoever pulls then.
"""

import contextlib
import itertools
import logging
import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from google.api_core import exceptions
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient

from pipelines.streaming.crash_notes import CrashNotes
from pipelines.streaming.inbox import InboxLost, Taken
from schemas.events.event import Event
from schemas.events.messages import attributes_of, data_of

__all__ = ["PubSubInbox", "PubSubOutbox", "told"]

_LOG = logging.getLogger(__name__)
LEASE_SECS = 30
PULL_SECS = 5.0
PAUSE_SECS = 2.0
PUBLISH_SECS = 10.0
_MOST_AT_ONCE = 500
"""Messages of one call: its answer has 10 MB at most, and a request to acknowledge 512 KB."""
_ATTRIBUTE_BYTES = 1_024
"""Of an attribute's value (https://cloud.google.com/pubsub/quotas#resource_limits)."""
_HOPELESS = (
    exceptions.NotFound,
    exceptions.PermissionDenied,
    exceptions.Unauthenticated,
    exceptions.InvalidArgument,
    exceptions.FailedPrecondition,
)


class PubSubInbox:
    """Takes events from a subscription (`Inbox`).

    Args:
      subscription: projects/P/subscriptions/S.
      notes: count crashes.
      lease_secs: how long an event is this process's own, unless that is prolonged; 10 at least. So long after a crash
        its events come again.
    """

    def __init__(self, subscription: str, notes: CrashNotes, lease_secs: int = LEASE_SECS) -> None:
        self._lease_secs = lease_secs
        self._client = SubscriberClient()
        self._subscription = subscription
        self._notes = notes
        self._pulled: queue.SimpleQueue[Taken] = queue.SimpleQueue()
        self._leases: dict[str, Taken] = {}
        self._lock = threading.Lock()
        self._room = 0
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._lost = ""
        for work in (self._pull, self._extend):
            threading.Thread(target=work, daemon=True, name=f"pubsub{work.__name__}").start()

    def take(self, most: int) -> list[Taken]:
        taken: list[Taken] = []
        with contextlib.suppress(queue.Empty):
            while len(taken) < most:
                taken.append(self._pulled.get_nowait())
        if self._lost and not taken:
            raise InboxLost(self._lost)
        self._room = most - len(taken)
        self._wake.set()
        return taken

    def _pull(self) -> None:
        while not self._closed.is_set():
            self._wake.wait(PULL_SECS)
            self._wake.clear()
            most = min(self._room - self._pulled.qsize(), _MOST_AT_ONCE)
            if most <= 0:
                continue
            try:
                request = {"subscription": self._subscription, "max_messages": most}
                answer = self._client.pull(request=request, timeout=PULL_SECS, retry=None)
            except (exceptions.DeadlineExceeded, exceptions.Cancelled):
                continue
            except _HOPELESS as error:
                self._lost = told(self._subscription, error)
                return
            except (exceptions.GoogleAPICallError, ValueError) as error:  # a closed client is a ValueError
                if not self._closed.is_set():
                    _LOG.warning("%s: %s; tried again", self._subscription, error)
                self._closed.wait(PAUSE_SECS)
                continue
            self._ask(self._lease_for(self._lease_secs), [one.ack_id for one in answer.received_messages])
            for received in answer.received_messages:
                self._receive(received)

    def _receive(self, received: Any) -> None:
        message = received.message
        crashes = self._notes.crashes(message.message_id)
        sent_at = message.publish_time.timestamp()
        taken = Taken(message.data, dict(message.attributes), message.message_id, sent_at, crashes, received.ack_id)
        with self._lock:
            self._leases[received.ack_id] = taken
        self._pulled.put(taken)

    def _extend(self) -> None:
        while not self._closed.wait(self._lease_secs / 3):
            with self._lock:
                leases = list(self._leases)
            self._ask(self._lease_for(self._lease_secs), leases)

    def _lease_for(self, secs: int) -> Callable[[list[str]], None]:
        def ask(ack_ids: list[str]) -> None:
            request = {"subscription": self._subscription, "ack_ids": ack_ids, "ack_deadline_seconds": secs}
            self._client.modify_ack_deadline(request=request, timeout=PUBLISH_SECS)

        return ask

    def _acknowledge(self, ack_ids: list[str]) -> None:
        request = {"subscription": self._subscription, "ack_ids": ack_ids}
        self._client.acknowledge(request=request, timeout=PUBLISH_SECS)

    def _ask(self, ask: Callable[[list[str]], None], ack_ids: Iterable[str]) -> None:
        """Calls with some ids at a time. What fails is no loss: a lease lapses, and the event comes again."""
        left = iter(ack_ids)
        while some := list(itertools.islice(left, _MOST_AT_ONCE)):
            try:
                ask(some)
            except (exceptions.GoogleAPICallError, ValueError) as error:
                _LOG.warning("%s: %s", self._subscription, error)

    def begin(self, taken: Taken) -> None:
        self._notes.begin(taken.message_id, taken.crashes)

    def done(self, taken: Taken) -> None:
        self._let_go(taken)
        self._ask(self._acknowledge, [taken.handle])
        self._notes.end(taken.message_id)

    failed = done

    def give_back(self, taken: Taken) -> None:
        self._let_go(taken)
        self._notes.leave(taken.message_id, taken.crashes)
        self._ask(self._lease_for(0), [taken.handle])

    def _let_go(self, taken: Taken) -> None:
        with self._lock:
            self._leases.pop(taken.handle, None)

    def close(self) -> None:
        self._closed.set()
        self._wake.set()
        with self._lock:
            left, self._leases = list(self._leases), {}
        self._ask(self._lease_for(0), left)
        self._notes.close()
        self._client.close()


class PubSubOutbox:
    """Publishes completion events to a topic.

    Args:
      topic: projects/P/topics/T.
    """

    def __init__(self, topic: str) -> None:
        self._client = PublisherClient()
        self._topic = topic

    def publish(self, event: Event) -> None:
        """Publishes, and waits until the topic has it. Raises OSError."""
        self.send(data_of(event), attributes_of(event))

    def send(self, data: bytes, attributes: Mapping[str, str]) -> None:
        """The same for bytes and attributes as they are."""
        short = {
            name: value.encode()[:_ATTRIBUTE_BYTES].decode("utf-8", "ignore") for name, value in attributes.items()
        }
        try:
            future = self._client.publish(self._topic, data, timeout=PUBLISH_SECS, retry=None, **short)
            future.result(timeout=2 * PUBLISH_SECS)
        except exceptions.GoogleAPICallError as error:
            raise OSError(told(self._topic, error)) from error


def told(name: str, error: Exception) -> str:
    """What is wrong with a topic or a subscription, and what to do."""
    if isinstance(error, exceptions.NotFound):
        kind = "topic" if "/topics/" in name else "subscription"
        return f"there is no {kind} {name}; make it: scrapeline events create-topic --help"
    if isinstance(error, exceptions.PermissionDenied):
        role = "publisher" if "/topics/" in name else "subscriber"
        return f"{name}: permission denied; who runs this needs roles/pubsub.{role} on it"
    return f"{name}: {error}"
