"""What became of letters that were sent back, told from what really happened."""

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

from pipelines.dead_letters.replay_files import SentBack, SentLetter
from pipelines.dead_letters.replaying import Ended
from pipelines.stores.store import Store
from schemas.execution import Execution
from schemas.reasons import Drop

__all__ = ["NewLetters", "new_letters", "outcomes"]

NewLetters = dict[tuple[str, int | None], tuple[str, str]]
"""(request_id, item number or None for the request) -> (letter id, reason), of one execution."""


def new_letters(store: Store, execution_id: str) -> NewLetters:
    """The letters that an execution has written."""
    found: NewLetters = {}
    for batch in store.letters(("letter_id", "reason", "request_id", "item_number", "execution_id")):
        for one in batch.to_pylist():
            if one["execution_id"] == execution_id:
                found[one["request_id"], one["item_number"]] = one["letter_id"], one["reason"]
    return found


def outcomes(
    execution: Execution, sent: Iterable[SentBack], ended: dict[str, Ended], letters: NewLetters
) -> Iterator[dict[str, Any]]:
    """Records of REPLAY_SCHEMA, one for each letter whose request ended.

    None for a request that was cancelled, or of which nothing is known: its letters stay open. So do those of a page
    that led on when the replay was stopped: who replays it again follows what was left.

    Args:
      ended: request id -> how it ended.
      letters: that the execution has written.
    """
    was_stopped = Drop.CANCELLED in execution.dropped_by_reason
    replayed_at = datetime.datetime.fromtimestamp(execution.ended_at, datetime.UTC)
    for one in sent:
        end = ended.get(one.request.request_id)
        if end is None or end.reason == Drop.CANCELLED or (was_stopped and end.items is None):
            continue
        for letter in one.letters:
            outcome, new_letter_id, reason = _outcome(letter, end, letters)
            yield {
                "letter_id": letter.letter_id,
                "request_id": end.request_id,
                "source": execution.source,
                "execution_id": execution.execution_id,
                "replayed_at": replayed_at.isoformat(timespec="microseconds"),
                "outcome": outcome,
                "new_letter_id": new_letter_id,
                "reason": reason,
            }


def _outcome(letter: SentLetter, end: Ended, letters: NewLetters) -> tuple[str, str, str]:
    """(outcome, new letter, reason) of one letter."""
    if end.end == "dead":
        new_letter_id, reason = letters.get((end.request_id, None), ("", end.reason))
        return "failed_again", new_letter_id, reason
    if end.end == "dropped":
        return "dropped", "", end.reason
    if letter.item_number is None:
        return "recovered", "", ""
    if new := letters.get((end.request_id, letter.item_number)):
        return "failed_again", *new
    if end.items is not None and letter.item_number >= end.items:
        return "dropped", "", str(Drop.FILTERED)  # today's source finds fewer items on the page
    return "recovered", "", ""
