"""How an event travels: CloudEvents 1.0 in its two modes, as Pub/Sub's binding has them.

Binary: the data is the message, everything else stands in attributes `ce-...`. Structured: all of it is one JSON
document, which is also what a spool file holds.
https://github.com/googleapis/google-cloudevents/blob/main/docs/spec/pubsub.md
"""

import datetime
import json
from typing import Any

from schemas.events.event import Event

__all__ = ["SPEC_VERSION", "STRUCTURED", "attributes_of", "data_of", "iso", "structured"]

SPEC_VERSION = "1.0"
STRUCTURED = "application/cloudevents+json"
_JSON = "application/json"


def iso(when: float) -> str:
    """Unix seconds as RFC 3339 in UTC.

    >>> iso(0.5)
    '1970-01-01T00:00:00.500000Z'
    """
    return datetime.datetime.fromtimestamp(when, datetime.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _context(event: Event) -> dict[str, str]:
    return {
        "specversion": SPEC_VERSION,
        "id": event.event_id,
        "source": event.origin,
        "type": event.type,
        "time": iso(event.time),
        "datacontenttype": _JSON,
    }


def attributes_of(event: Event) -> dict[str, str]:
    """What a message's attributes say in binary mode."""
    named = {f"ce-{name}": value for name, value in _context(event).items()}
    return {**named, "content-type": _JSON}


def data_of(event: Event) -> bytes:
    """The message in binary mode."""
    return json.dumps(event.data, ensure_ascii=False, separators=(",", ":")).encode()


def structured(event: Event) -> bytes:
    """The event as one document."""
    document: dict[str, Any] = {**_context(event), "data": event.data}
    return json.dumps(document, ensure_ascii=False, indent=1).encode()
