"""What brings the events and takes what is told: a spool folder, or Pub/Sub's emulator."""

import collections
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from google.api_core import exceptions
from google.cloud.pubsub_v1 import SubscriberClient

from pipelines.streaming.pubsub import PubSubOutbox
from pipelines.streaming.spool import make_spool, put_event
from schemas.events.event import Event

__all__ = ["Carrier", "PubSubCarrier", "SpoolCarrier"]

LOOK_SECS = 4.0
"""For messages that nobody has acknowledged: what was given back comes at once."""

Told = dict[str, list[dict[str, Any]]]


class Carrier(Protocol):
    """Brings events."""

    words: tuple[str, ...]
    """Of the command line."""

    def publish(self, events: Iterable[Event]) -> None:
        """Sends them."""

    def ended(self) -> int:
        """How many events have ended so far, as far as this carrier can tell."""

    def told(self) -> Told:
        """Execution id -> what each completion event about it said."""

    def left(self) -> list[str]:
        """What nobody has acknowledged, once nobody works any more."""


class SpoolCarrier:
    """A spool folder."""

    def __init__(self, folder: Path) -> None:
        make_spool(folder)
        self._folder = folder
        self.words: tuple[str, ...] = ("--spool", str(folder))

    def publish(self, events: Iterable[Event]) -> None:
        for event in events:
            put_event(self._folder, event)

    def ended(self) -> int:
        return len(self._names("done")) + len(self._names("failed"))

    def told(self) -> Told:
        said = [json.loads((self._folder / "outbox" / name).read_text())["data"] for name in self._names("outbox")]
        return {one["execution_id"]: [one] for one in said}

    def left(self) -> list[str]:
        return self._names("new") + self._names("claimed")

    def _names(self, place: str) -> list[str]:
        return sorted(path.name for path in (self._folder / place).iterdir())


class PubSubCarrier:
    """A topic and a subscription of requests, and the same of what has ended.

    Args:
      pubsub: their names (fixture `pubsub`).
    """

    def __init__(self, pubsub: Any) -> None:
        self._pubsub = pubsub
        self._told: Told = collections.defaultdict(list)
        self._listener = SubscriberClient()
        self.words: tuple[str, ...] = ("--subscription", pubsub.subscription, "--topic", pubsub.done_topic)

    def publish(self, events: Iterable[Event]) -> None:
        outbox = PubSubOutbox(self._pubsub.topic)
        for event in events:
            outbox.publish(event)

    def ended(self) -> int:
        return len(self.told())

    def told(self) -> Told:
        while received := self._pull(self._pubsub.done):
            for one in received:
                said = json.loads(one.message.data)
                self._told[said["execution_id"]].append(said)
            ids = [one.ack_id for one in received]
            self._listener.acknowledge(request={"subscription": self._pubsub.done, "ack_ids": ids})
        return dict(self._told)

    def left(self) -> list[str]:
        """Looks for a while; what it finds is given back."""
        found: dict[str, str] = {}
        end = time.monotonic() + LOOK_SECS
        while time.monotonic() < end:
            found |= {one.message.message_id: one.ack_id for one in self._pull(self._pubsub.subscription)}
        request = {"subscription": self._pubsub.subscription, "ack_ids": list(found.values())}
        if found:
            self._listener.modify_ack_deadline(request={**request, "ack_deadline_seconds": 0})
        return sorted(found)

    def _pull(self, subscription: str) -> list[Any]:
        request = {"subscription": subscription, "max_messages": 500}
        try:
            return list(self._listener.pull(request=request, timeout=2, retry=None).received_messages)
        except (exceptions.DeadlineExceeded, exceptions.ServiceUnavailable):
            return []
