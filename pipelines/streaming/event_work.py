"""What is done about an event in a thread of its own: letters, the run, and telling what became of it."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from pipelines.places import Places
from pipelines.streaming.admission import Admitted
from pipelines.streaming.event_letters import EventLetters, letter_of_event, letter_of_publishing
from pipelines.streaming.event_run import EventRuns
from pipelines.streaming.generation import Generation
from pipelines.streaming.inbox import LetterBox, ManyAtOnce, Outbox
from pipelines.streaming.raw_runs import RawRuns
from schemas.events.event import Event, Malformed, original_text
from schemas.events.reading import Limits

__all__ = ["EventWork"]

_LOG = logging.getLogger(__name__)


class EventWork:
    """Works on events; any number of threads may call it, with different events.

    Args:
      outbox: None: nobody is told.
      letter_box: takes events that became dead letters; None: they stand in the table only.
      publish_secs: between attempts to publish.
      stop: whether nothing is tried again.
    """

    def __init__(
        self,
        runs: EventRuns,
        where: Places,
        outbox: Outbox | None,
        letter_box: LetterBox | None,
        limits: Limits,
        publish_secs: tuple[float, ...],
        stop: Callable[[], bool],
    ) -> None:
        self._runs, self._raw_runs, self._where = runs, RawRuns(runs), where
        self._outbox, self._letter_box = outbox, letter_box
        self._limits, self._publish_secs, self._stop = limits, publish_secs, stop

    def one(self, admitted: Admitted, generation: Generation) -> list[Event]:
        """Everything about one event; gives what was published."""
        letters = self._letters(generation)
        for why in admitted.letters:
            taken = admitted.taken
            original = original_text(taken.data, taken.attributes)
            letters.write(letter_of_event(why, original, taken.crashes + 1, self._limits.clock()))
            _LOG.warning("event %s is a dead letter, %s: %s", taken.message_id, why.reason, why)
            self._send_letter(admitted, why)
        if admitted.event is None or not admitted.names:
            return []
        done = self._runs.run(admitted.event, admitted.names, generation)
        self._publish(done, letters)
        self._runs.told(admitted.event)
        return done

    def raw(self, group: Sequence[Admitted], ends: Sequence[Future[list[Event]]], generation: Generation) -> None:
        """The same for events that tell of raw output, in one run; each has its end.

        Args:
          ends: of each event, in their order.
        """
        try:
            asked = [(one.event, one.names[0]) for one in group if one.event is not None]
            results = self._raw_runs.run(asked, generation)
            done = [event for result in results if isinstance(result, list) for event in result]
            self._publish(done, self._letters(generation))
            for (event, _), result in zip(asked, results, strict=True):
                if isinstance(result, list):
                    self._runs.told(event)
        except BaseException as error:  # noqa: BLE001  handed on: who waits for the ends must not wait for ever
            for end in ends:
                end.set_exception(error)
            return
        for end, result in zip(ends, results, strict=True):  # at once, so that they are acknowledged together
            if isinstance(result, list):
                end.set_result(result)
            else:
                end.set_exception(result)

    def _letters(self, generation: Generation) -> EventLetters:
        return EventLetters(self._where, self._runs.file_format, generation.redactor.redact_text)

    def _send_letter(self, one: Admitted, why: Malformed) -> None:
        """Sends the event on as it came; that it cannot be sent is no reason to keep it, for its letter is written."""
        if self._letter_box is None:
            return
        said = {"dead-letter-reason": str(why.reason), "dead-letter-message": str(why)}
        try:
            self._letter_box.send(one.taken.data, {**one.taken.attributes, **said})
        except OSError as error:
            _LOG.warning("event %s stands in the table of dead letters only: %s", one.taken.message_id, error)

    def _publish(self, events: Sequence[Event], letters: EventLetters) -> None:
        """Tells what became of executions; that nobody hears it is no failure of theirs."""
        if self._outbox is None:
            return
        for pause in (*self._publish_secs, None):
            refused = _refused(self._outbox, events)
            if not refused:
                return
            if pause is None or self._stop():
                break
            time.sleep(pause)
            events = [event for event, _ in refused]
        attempts = 1 + len(self._publish_secs)
        for event, error in refused:
            _LOG.warning("%s: nobody was told that it has ended: %s", event.data["scraper_name"], error)
            letters.write(letter_of_publishing(event, error, attempts, self._limits.clock()))


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
