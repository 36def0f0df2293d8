"""What is done with an event that is not worked on: its letter is written, and it is sent on as it came."""

import logging
from collections.abc import Mapping
from typing import Protocol

from pipelines.streaming.event_letters import EventLetters, letter_of_event
from pipelines.streaming.inbox import LetterBox
from schemas.events.event import Malformed, original_text

__all__ = ["refuse"]

_LOG = logging.getLogger(__name__)


class _Came(Protocol):
    """An event as it came."""

    @property
    def data(self) -> bytes: ...

    @property
    def attributes(self) -> Mapping[str, str]: ...

    @property
    def message_id(self) -> str: ...


def refuse(
    came: _Came, why: Malformed, attempts: int, letters: EventLetters, letter_box: LetterBox | None, now: float
) -> None:
    """Writes a letter; that the event cannot be sent on is no reason to keep it, for its letter is written.

    Args:
      letter_box: None: it stands in the table only.
      now: Unix seconds.

    Raises:
      OSError, WarehouseUnavailable, WarehouseRefused: the letter is not written.
    """
    original = original_text(came.data, came.attributes)
    letters.write(letter_of_event(why, original, attempts, now))
    _LOG.warning("event %s is a dead letter, %s: %s", came.message_id, why.reason, why)
    if letter_box is None:
        return
    said = {"dead-letter-reason": str(why.reason), "dead-letter-message": letters.redact(str(why))}
    try:
        letter_box.send(came.data, {**came.attributes, **said})
    except OSError as error:
        _LOG.warning("event %s stands in the table of dead letters only: %s", came.message_id, error)
