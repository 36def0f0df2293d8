"""Pub/Sub as the loop sees it: where its events come from, and where it tells what became of executions."""

from collections.abc import Mapping, Sequence
from typing import Any

from google.api_core import exceptions
from google.auth import exceptions as auth

from pipelines.streaming.crash_notes import CrashNotes
from pipelines.streaming.inbox import InboxLost, Taken
from pipelines.streaming.pubsub_clients import publisher, told
from pipelines.streaming.subscription import CALL_SECS, LEASE_SECS, Subscription
from schemas.events.event import Event
from schemas.events.messages import attributes_of, data_of

__all__ = ["PubSubInbox", "PubSubOutbox"]

_ATTRIBUTE_BYTES = 1_024
"""Of an attribute's value (https://cloud.google.com/pubsub/quotas#resource_limits)."""


class PubSubInbox:
    """Takes events from a subscription (`Inbox`).

    Args:
      subscription: projects/P/subscriptions/S.
      notes: count crashes.
      lease_secs: as in Subscription.
    """

    def __init__(self, subscription: str, notes: CrashNotes, lease_secs: int = LEASE_SECS) -> None:
        self._messages = Subscription(subscription, lease_secs)
        self._notes = notes

    def take(self, most: int) -> list[Taken]:
        taken = [self._taken(received) for received in self._messages.take(most)]
        if self._messages.lost and not taken:
            raise InboxLost(self._messages.lost)
        return taken

    def _taken(self, received: Any) -> Taken:
        message = received.message
        crashes = self._notes.crashes(message.message_id)
        sent_at = message.publish_time.timestamp()
        return Taken(message.data, dict(message.attributes), message.message_id, sent_at, crashes, received.ack_id)

    def begin(self, taken: Taken) -> None:
        self._notes.begin(taken.message_id, taken.crashes)

    def done(self, *taken: Taken) -> None:
        self._messages.acknowledge([one.handle for one in taken])
        for one in taken:
            self._notes.end(one.message_id)

    failed = done

    def give_back(self, taken: Taken) -> None:
        self._notes.leave(taken.message_id, taken.crashes)
        self._messages.give_back([taken.handle])

    def close(self) -> None:
        self._messages.close()
        self._notes.close()


class PubSubOutbox:
    """Publishes completion events to a topic.

    Args:
      topic: projects/P/topics/T.

    Raises:
      OSError: no such name, no credentials.
    """

    def __init__(self, topic: str) -> None:
        self._client = publisher(topic)
        self._topic = topic

    def publish(self, event: Event) -> None:
        """Publishes, and waits until the topic has it. Raises OSError."""
        self.send(data_of(event), attributes_of(event))

    def send(self, data: bytes, attributes: Mapping[str, str]) -> None:
        """The same for bytes and attributes as they are."""
        self._wait(self._begin(data, attributes))

    def publish_all(self, events: Sequence[Event]) -> list[tuple[Event, OSError]]:
        """Publishes; gives those that could not be, and why. The client sends many in one call."""
        begun = [(event, self._begin(data_of(event), attributes_of(event))) for event in events]
        refused = []
        for event, future in begun:
            try:
                self._wait(future)
            except OSError as error:
                refused.append((event, error))
        return refused

    def _begin(self, data: bytes, attributes: Mapping[str, str]) -> Any:
        short = {
            name: value.encode()[:_ATTRIBUTE_BYTES].decode("utf-8", "ignore") for name, value in attributes.items()
        }
        return self._client.publish(self._topic, data, timeout=CALL_SECS, retry=None, **short)

    def _wait(self, future: Any) -> None:
        try:
            future.result(timeout=2 * CALL_SECS)
        except (exceptions.GoogleAPICallError, auth.GoogleAuthError) as error:
            raise OSError(told(self._topic, error)) from error
