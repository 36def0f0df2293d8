"""What people decide about sources: that one is enabled or disabled, that its schedule is on or off; who, when, why."""

import dataclasses
import datetime
from typing import Any, Literal, Self

import pyarrow as pa

from schemas.described import MOMENT, described
from schemas.ids import content_id

__all__ = ["ACTIONS", "DECISION_SCHEMA", "Action", "Decision"]

Action = Literal["enable", "disable", "schedule", "unschedule"]
ACTIONS: tuple[Action, ...] = ("enable", "disable", "schedule", "unschedule")


@dataclasses.dataclass(frozen=True, slots=True)
class Decision:
    """One decision about one source. It is never changed: the next one takes its place.

    Attributes:
      action: `enable` also ends its backoff; `schedule` and `unschedule` turn its schedule on and off.
      at: Unix seconds.
      by: who decided.
      because: why; empty where nothing was said.
    """

    source: str
    action: Action
    at: float
    by: str
    because: str = ""

    @property
    def decision_id(self) -> str:
        """The same decision written twice is one."""
        return content_id("decision", self.source, self.action, _micros(self.at), self.by, self.because)

    def record(self) -> dict[str, Any]:
        """The values as DECISION_SCHEMA stores them."""
        return {
            "decision_id": self.decision_id,
            "source": self.source,
            "action": self.action,
            "decided_at": _micros(self.at),
            "decided_by": self.by,
            "because": self.because,
        }

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> Self:
        """Of a record of DECISION_SCHEMA; `decided_at` as microseconds, or as the moment itself."""
        at = record["decided_at"]
        secs = at.timestamp() if isinstance(at, datetime.datetime) else at / 1_000_000
        return cls(record["source"], record["action"], secs, record["decided_by"] or "", record["because"] or "")


def _micros(secs: float) -> int:
    return round(secs * 1_000_000)


DECISION_SCHEMA = pa.schema(
    [
        described("decision_id", pa.string(), "content id of the decision"),
        described("source", pa.string(), "name of the source file"),
        described("action", pa.string(), "enable, disable, schedule or unschedule"),
        described("decided_at", MOMENT, "when"),
        described("decided_by", pa.string(), "who"),
        described("because", pa.string(), "why, empty where nothing was said"),
    ]
)
