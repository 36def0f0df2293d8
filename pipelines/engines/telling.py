"""Tells what became of an execution: whoever is not told finds a letter."""

import logging
import time
from collections.abc import Callable, Sequence

from pipelines.streaming.event_letters import EventLetters, letter_of_publishing
from pipelines.streaming.inbox import Outbox
from schemas.events.event import Event

__all__ = ["PAUSES_SECS", "tell"]

_LOG = logging.getLogger(__name__)
PAUSES_SECS = (0.5, 1.0, 2.0)


def tell(
    event: Event,
    outbox: Outbox,
    letters: EventLetters,
    pauses_secs: Sequence[float] = PAUSES_SECS,
    clock: Callable[[], float] = time.time,
) -> None:
    """Publishes a completion event; that nobody hears it is no failure of its execution.

    Args:
      pauses_secs: between attempts.
      clock: Unix seconds.

    Raises:
      OSError, WarehouseUnavailable, WarehouseRefused: neither the event nor its letter could be written.
    """
    for pause in (*pauses_secs, None):
        try:
            outbox.publish(event)
            return
        except OSError as error:
            if pause is None:
                _LOG.warning("%s: nobody was told that it has ended: %s", event.data["scraper_name"], error)
                letters.write(letter_of_publishing(event, error, 1 + len(pauses_secs), clock()))
                return
            time.sleep(pause)
