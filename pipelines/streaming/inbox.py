"""Where events come from and where they go to, whatever carries them."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from schemas.events.event import Event

__all__ = ["Inbox", "InboxLost", "LetterBox", "ManyAtOnce", "Outbox", "Taken"]


class InboxLost(Exception):
    """No event can be taken any more, and waiting would not help: the text says what is to be done."""


@dataclasses.dataclass(slots=True, eq=False)
class Taken:
    """An event as it came. It belongs to this process until it is told what became of it.

    Attributes:
      message_id: the transport's id.
      sent_at: Unix seconds; None: the transport does not say.
      crashes: processes that died while they worked on it.
      handle: the inbox's own.
    """

    data: bytes
    attributes: Mapping[str, str]
    message_id: str
    sent_at: float | None = None
    crashes: int = 0
    handle: Any = None


class Inbox(Protocol):
    """Events to work on. All but `begin` and `done` are for one thread."""

    def take(self, most: int) -> list[Taken]:
        """Some events, at most so many; does not wait. Raises InboxLost."""

    def begin(self, taken: Taken) -> None:
        """Work on it begins: if the process dies now, that counts."""

    def done(self, *taken: Taken) -> None:
        """All that they asked for is written: they never come again."""

    def failed(self, taken: Taken) -> None:
        """Its dead letter is written: it never comes again."""

    def give_back(self, taken: Taken) -> None:
        """It is left for later, or for another process."""

    def close(self) -> None:
        """Gives back what was taken and not begun."""


class LetterBox(Protocol):
    """Where events go that became dead letters, beside the table of letters."""

    def send(self, data: bytes, attributes: Mapping[str, str]) -> None:
        """Sends an event as it came, with attributes that say why. Raises OSError when it cannot be done."""


class Outbox(Protocol):
    """Where it is told what became of executions."""

    def publish(self, event: Event) -> None:
        """Publishes; again is harmless, the event's id is the same. Raises OSError when it cannot be done."""


@runtime_checkable
class ManyAtOnce(Protocol):
    """An outbox that need not wait for one event before it takes the next."""

    def publish_all(self, events: Sequence[Event]) -> list[tuple[Event, OSError]]:
        """Publishes; gives those that could not be, and why."""
