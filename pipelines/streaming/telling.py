"""Tells what became of executions: whoever is not told finds a letter."""

import logging
import time
from collections.abc import Callable, Sequence

from pipelines.streaming.event_letters import EventLetters, letter_of_publishing
from pipelines.streaming.inbox import ManyAtOnce, Outbox
from schemas.events.event import Event

__all__ = ["PAUSES_SECS", "in_words", "tell"]

_LOG = logging.getLogger(__name__)
PAUSES_SECS = (0.5, 1.0, 2.0)


def in_words(event: Event) -> str:
    """A completion event as a line for people."""
    data = event.data
    error = f": {data['error']}" if data["error"] else ""
    letters = f", {data['dead_letters']} dead letters" if data["dead_letters"] else ""
    return f"{data['scraper_name']}: {data['status']}, {data['record_count']} rows{letters}{error}"


def tell(
    events: Sequence[Event],
    outbox: Outbox,
    letters: EventLetters,
    pauses_secs: Sequence[float] = PAUSES_SECS,
    *,
    stop: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.time,
) -> None:
    """Publishes completion events; that nobody hears them is no failure of their executions.

    Args:
      pauses_secs: between attempts.
      stop: whether nothing is tried again.
      clock: Unix seconds.

    Raises:
      OSError, WarehouseUnavailable, WarehouseRefused: neither an event nor its letter could be written.
    """
    for pause in (*pauses_secs, None):
        refused = _refused(outbox, events)
        if not refused:
            return
        if pause is None or stop():
            break
        time.sleep(pause)
        events = [event for event, _ in refused]
    for event, error in refused:
        _LOG.warning("%s: nobody was told that it has ended: %s", event.data["scraper_name"], error)
        letters.write(letter_of_publishing(event, error, 1 + len(pauses_secs), clock()))


def _refused(outbox: Outbox, events: Sequence[Event]) -> list[tuple[Event, OSError]]:
    """What of these could not be published."""
    if isinstance(outbox, ManyAtOnce):
        return outbox.publish_all(events)
    refused = []
    for event in events:
        try:
            outbox.publish(event)
        except OSError as error:
            refused.append((event, error))
    return refused
