"""Events that became dead letters, sent again: out of the table of letters, or out of the topic that they went to."""

import base64
import contextlib
import dataclasses
import datetime
import json
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipelines.stores.store import Store
from pipelines.streaming.spool import SpoolOutbox, make_spool, put_bytes, put_event
from schemas.events.event import Event
from schemas.events.messages import attributes_of, data_of
from schemas.events.reading import Limits, parse_event
from schemas.ids import content_id

__all__ = ["DeadEvent", "Send", "dead_events", "dead_messages", "mark_told", "to_spool", "to_topic"]

OURS = "dead-letter-"
"""Begins the attributes that say why; they do not go along."""
_COLUMNS = ("letter_id", "stage", "reason", "source", "request_id", "failed_at", "message", "event")
_ANY_AGE = Limits(max_age_secs=math.inf, max_ahead_secs=math.inf)
_EMPTY_PULLS = 2


@dataclasses.dataclass(frozen=True, slots=True)
class DeadEvent:
    """An event as it came, and why it became a letter.

    Attributes:
      name: of the letter, or of the message.
      source: that the letter is of; empty for the whole event, or where that is not known.
      handle: what a message is acknowledged by; empty for a letter.
    """

    name: str
    reason: str
    why: str
    data: bytes
    attributes: Mapping[str, str]
    source: str = ""
    request_id: str = ""
    handle: str = ""


Send = Callable[[bytes, Mapping[str, str], str], None]
"""Sends data and attributes, under a name; raises OSError."""


def to_topic(topic: str) -> Send:
    """Publishes to projects/P/topics/T, and waits until the topic has it."""
    from pipelines.streaming.pubsub import PubSubOutbox  # Google's client takes its time to import

    outbox = PubSubOutbox(topic)
    return lambda data, attributes, _name: outbox.send(data, attributes)


def to_spool(folder: Path) -> Send:
    """Puts a file into `new`, the end of an execution into `outbox`: one document, for a file has no attributes.

    What is no event stays as it is.
    """

    make_spool(folder)

    def put(data: bytes, attributes: Mapping[str, str], name: str) -> None:
        event = parse_event(data, attributes, message_id=name, limits=_ANY_AGE)
        if isinstance(event, Event) and event.kind == "execution.complete":
            SpoolOutbox(folder).publish(event)
        elif isinstance(event, Event):
            put_event(folder, event)
        else:
            put_bytes(folder, f"again-{name}", data)

    return put


def dead_events(
    store: Store, stage: str, reasons: Collection[str], sources: Collection[str], most: int | None
) -> list[DeadEvent]:
    """Events in the table of letters, oldest first, each once.

    An event of several sources, of which some became letters, goes again for these alone and under ids of their own:
    the others have ended, and under its own id nothing would be done again.

    Args:
      stage: `event`: was not taken; `publish`: an execution's end, of which nobody could be told.
      reasons, sources: only these; none: all.
    """
    told = {one["letter_id"] for one in store.replays().to_pylist() if one["outcome"] == "recovered"}
    found: dict[str, tuple[Any, DeadEvent]] = {}
    for batch in store.letters(_COLUMNS):
        for one in batch.to_pylist():
            wanted = one["stage"] == stage and one["event"] and one["letter_id"] not in told
            if not wanted or (reasons and one["reason"] not in reasons) or (sources and one["source"] not in sources):
                continue
            if (dead := _of_record(one)) is not None:
                found[one["letter_id"]] = one["failed_at"], dead
    ordered = sorted(found.values(), key=lambda pair: (pair[0], pair[1].name))
    return [dead for _, dead in ordered][:most]


def _of_record(record: Mapping[str, Any]) -> DeadEvent | None:
    """None for an event that was too large to be kept whole."""
    said = json.loads(record["event"])
    if "cut_off_from_bytes" in said:
        return None
    data = base64.b64decode(said["data_base64"]) if "data_base64" in said else said["data"].encode()
    attributes, source = said["attributes"], record["source"] or ""
    if (alone := _for_one(data, attributes, source, record["letter_id"])) is not None:
        data, attributes = data_of(alone), attributes_of(alone)
    return DeadEvent(
        record["letter_id"], record["reason"], record["message"] or "", data, attributes, source, record["request_id"]
    )


def _for_one(data: bytes, attributes: Mapping[str, str], source: str, name: str) -> Event | None:
    """The event for one of the sources that it names; None when it names no other."""
    event = parse_event(data, attributes, message_id=name, limits=_ANY_AGE)
    if not isinstance(event, Event) or source not in event.data.get("sources", ()) or len(event.data["sources"]) == 1:
        return None
    only = {**event.data, "sources": [source]}
    return dataclasses.replace(event, event_id=content_id("again", event.key, source), data=only)


def mark_told(store: Store, told: Collection[DeadEvent], now: float) -> None:
    """Notes letters of stage `publish` as recovered. Those of stage `event` stay open: only their work will tell."""
    moment = datetime.datetime.fromtimestamp(now, datetime.UTC).isoformat(timespec="microseconds")
    execution_id = content_id("events replay", moment, *sorted(one.name for one in told))
    records = [
        {
            "letter_id": one.name,
            "request_id": one.request_id,
            "source": one.source,
            "execution_id": execution_id,
            "replayed_at": moment,
            "outcome": "recovered",
            "new_letter_id": "",
            "reason": "",
        }
        for one in told
    ]
    store.add_replays(execution_id, records)


@contextlib.contextmanager
def dead_messages(subscription: str, reasons: Collection[str], most: int | None) -> Iterator["_Messages"]:
    """The events of a subscription of the topic for dead letters.

    Those that are not acknowledged go back when it is left.

    Args:
      subscription: projects/P/subscriptions/S.

    Raises:
      InboxLost: it cannot be read.
    """
    messages = _Messages(subscription, reasons, most)
    try:
        yield messages
    finally:
        messages.close()


class _Messages:
    """Iterates until nothing more comes."""

    def __init__(self, subscription: str, reasons: Collection[str], most: int | None) -> None:
        from pipelines.streaming.pubsub_clients import subscriber  # takes its time to import

        self._client = subscriber(subscription)
        self._subscription = subscription
        self._reasons, self._most = reasons, most
        self._left: dict[str, str] = {}

    def __iter__(self) -> Iterator[DeadEvent]:
        count = empty = 0
        seen: set[str] = set()
        while empty < _EMPTY_PULLS and (self._most is None or count < self._most):
            empty += 1
            pulled = self._pull()
            self._left.update({received.message.message_id: received.ack_id for received in pulled})
            for received in pulled:
                message = received.message
                reason = message.attributes.get(f"{OURS}reason", "")
                if message.message_id in seen or (self._reasons and reason not in self._reasons):
                    continue
                seen.add(message.message_id)
                empty, count = 0, count + 1
                plain = {name: value for name, value in message.attributes.items() if not name.startswith(OURS)}
                why = message.attributes.get(f"{OURS}message", "")
                yield DeadEvent(message.message_id, reason, why, message.data, plain, handle=received.ack_id)
                if count == self._most:
                    return

    def _pull(self) -> list[Any]:
        from google.api_core import exceptions

        from pipelines.streaming.inbox import InboxLost
        from pipelines.streaming.pubsub_clients import told
        from pipelines.streaming.subscription import PULL_SECS

        request = {"subscription": self._subscription, "max_messages": min(self._most or 100, 100)}
        try:
            return list(self._client.pull(request=request, timeout=PULL_SECS, retry=None).received_messages)
        except exceptions.DeadlineExceeded:
            return []
        except exceptions.GoogleAPICallError as error:
            raise InboxLost(told(self._subscription, error)) from error

    def acknowledge(self, dead: DeadEvent) -> None:
        """It never comes again."""
        self._client.acknowledge(request={"subscription": self._subscription, "ack_ids": [dead.handle]})
        self._left.pop(dead.name, None)

    def close(self) -> None:
        """Gives back what was not acknowledged."""
        from google.api_core import exceptions

        ids = list(self._left.values())
        with contextlib.suppress(exceptions.GoogleAPICallError):
            if ids:
                request = {"subscription": self._subscription, "ack_ids": ids, "ack_deadline_seconds": 0}
                self._client.modify_ack_deadline(request=request)
        self._client.close()
