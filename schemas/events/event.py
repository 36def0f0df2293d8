"""An event in CloudEvents' terms, and what is said of one that cannot be taken."""

import base64
import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from schemas.ids import content_id
from schemas.reasons import Dead

__all__ = ["Event", "Malformed", "original_text"]

_MOST_BYTES_KEPT = 1_000_000


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """One event, checked.

    Attributes:
      kind: `scrape.requested`, `scrape.continued`, `scraper.complete` or `execution.complete`.
      event_id: CloudEvents' id; of one that has none, a hash of what is said, or the id that its transport gave it.
      origin: CloudEvents' source: who sent it. An id is unique within its origin.
      time: Unix seconds; when it was sent.
      data: as its JSON Schema describes it.
      version: of that schema.
    """

    kind: str
    event_id: str
    origin: str
    time: float
    data: Mapping[str, Any]
    version: int = 1

    @property
    def key(self) -> str:
        """What tells events apart: the same however often, and by whatever way, it comes."""
        return content_id("event", self.origin, self.event_id)

    @property
    def type(self) -> str:
        """CloudEvents' type: the kind and its version."""
        return f"{self.kind}.v{self.version}"


@dataclasses.dataclass(frozen=True, slots=True)
class Malformed:
    """Why an event is not taken: what its dead letter says.

    Attributes:
      where: the place in the event, as `data.sources[0]`; empty for the whole.
      key: of the event, as far as it could be told.
      source: a source that it names; empty for none.
    """

    reason: Dead
    why: str
    where: str
    key: str
    source: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.why}" if self.where else self.why


def original_text(data: bytes, attributes: Mapping[str, str]) -> str:
    """An event as it came, as JSON: its attributes, and its bytes as text, or in base64 where they are none.

    >>> original_text(b"{}", {"ce-id": "1"})
    '{"attributes": {"ce-id": "1"}, "data": "{}"}'
    """
    said: dict[str, Any] = {"attributes": dict(attributes)}
    if len(data) > _MOST_BYTES_KEPT:
        said["cut_off_from_bytes"] = len(data)
        data = data[:_MOST_BYTES_KEPT]
    try:
        said["data"] = data.decode("utf-8")
    except UnicodeDecodeError:
        said["data_base64"] = base64.b64encode(data).decode()
    return json.dumps(said, ensure_ascii=False)
