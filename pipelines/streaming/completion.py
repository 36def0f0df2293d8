"""The event that tells what became of an execution."""

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.places import Places
from schemas.events.event import Event
from schemas.events.messages import iso
from schemas.ids import content_id

__all__ = ["ORIGIN", "completion"]

ORIGIN = "scrapeline"
"""CloudEvents' source of what we publish; a name of an execution follows."""


def completion(record: Mapping[str, Any], where: Places, tables: Sequence[str], event_id: str) -> Event:
    """The completion event of an execution: the same however often it is made.

    Args:
      record: the execution as its log has it.
      event_id: of the event that asked for it.
    """
    ended = _seconds(record["ended_at"])
    reasons = list(record["reasons"])
    data = {
        "scraper_name": record["source"],
        "status": record["status"],
        "record_count": record["rows"],
        "gcs_path": str(where.warehouse) if where.warehouse else f"{where.folder}/rows",
        "triggered_at": iso(_seconds(record["started_at"])),
        "ended_at": iso(ended),
        "execution_id": record["execution_id"],
        "error": "; ".join(reasons) or "failed" if record["status"] == "failed" else None,
        "condition": record["condition"],
        "reasons": reasons,
        "tables": list(tables),
        "pages": record["pages"],
        "dead_letters": record["dead_letters"],
        "dead_by_reason": json.loads(record["dead_by_reason"]),
        "dropped": record["dropped"],
        "dropped_by_reason": json.loads(record["dropped_by_reason"]),
        "archive_path": f"{where.folder}/archive",
        "event_id": event_id,
    }
    made = content_id("execution.complete", record["execution_id"])
    return Event("execution.complete", made, f"{ORIGIN}/{record['source']}", ended, data)


def _seconds(value: Any) -> float:
    """Unix seconds of an instant as a log gives it back."""
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value)
    if isinstance(value, datetime.datetime):
        return (value if value.tzinfo else value.replace(tzinfo=datetime.UTC)).timestamp()
    return float(value) / 1_000_000
