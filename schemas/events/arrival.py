"""What travels through the streaming graph because of one event, beside what a batch run has."""

import dataclasses
from collections.abc import Mapping

from schemas.ids import content_id
from schemas.plan import Plan
from schemas.request import RequestSpec

__all__ = ["Arrived", "Asked", "Ended", "Heard", "RawOutput", "Receipt"]

HostKey = tuple[str, int]


@dataclasses.dataclass(frozen=True, slots=True)
class Arrived:
    """A message as it came.

    Attributes:
      message_id: the transport's id; the same when it is delivered again.
      sent_at: Unix seconds; None: the transport does not say.
      handle: what it is acknowledged by, of this delivery only; empty where the engine's own reader does that.
    """

    data: bytes
    attributes: Mapping[str, str]
    message_id: str
    sent_at: float | None = None
    handle: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Receipt:
    """A delivery of an event; it is acknowledged when all of its executions have ended.

    Attributes:
      handle: of this delivery.
      executions: ids of all that the event asked for; empty: it may be acknowledged at once.
    """

    handle: str
    executions: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Ended:
    """An execution has ended and all of it is written and told. Travels by the key of each event that asked for it."""

    execution_id: str


@dataclasses.dataclass(frozen=True, slots=True)
class RawOutput:
    """What a scraper elsewhere has left, to be read for one execution.

    Attributes:
      path: local or of any filesystem that Beam reads.
      record_count: as the event says; None: it does not.
      scraped_at: Unix seconds; when the scraper ran, as far as its event tells.
    """

    execution_id: str
    source: str
    path: str
    record_count: int | None = None
    scraped_at: float = 0.0

    @property
    def raw_id(self) -> str:
        """Ends when all of it is read: whoever asks for it to be read must announce it (`Tally.know`)."""
        return content_id("raw output", self.execution_id, self.path)


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """What one event asks of one execution.

    Attributes:
      event_key: of the event.
      plan: None for a `scrape.continued`, whose execution was planned by another event.
      specs: by host.
      raw: to read instead of fetching; None for none.
    """

    event_key: str
    plan: Plan | None
    specs: tuple[tuple[HostKey, RequestSpec], ...] = ()
    raw: RawOutput | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Heard:
    """An event has asked for an execution: it is to be told of the end."""

    event_key: str
