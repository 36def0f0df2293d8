"""What is done about an event in a thread of its own: letters, the run, and telling what became of it."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future

from pipelines.places import Places
from pipelines.streaming.admission import Admitted
from pipelines.streaming.event_letters import EventLetters
from pipelines.streaming.event_run import EventRuns
from pipelines.streaming.generation import Generation
from pipelines.streaming.inbox import LetterBox, Outbox
from pipelines.streaming.raw_workers import RawWorkers
from pipelines.streaming.refusing import refuse
from pipelines.streaming.telling import tell
from schemas.events.event import Event
from schemas.events.reading import Limits

__all__ = ["EventWork"]


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
        raw_workers: RawWorkers,
        where: Places,
        outbox: Outbox | None,
        letter_box: LetterBox | None,
        limits: Limits,
        publish_secs: tuple[float, ...],
        stop: Callable[[], bool],
    ) -> None:
        self._runs, self._raw_workers, self._where = runs, raw_workers, where
        self._outbox, self._letter_box = outbox, letter_box
        self._limits, self._publish_secs, self._stop = limits, publish_secs, stop

    def one(self, admitted: Admitted, generation: Generation) -> list[Event]:
        """Everything about one event; gives what was published."""
        letters = self._letters(generation)
        for why in admitted.letters:
            attempts = admitted.taken.crashes + 1
            refuse(admitted.taken, why, attempts, letters, self._letter_box, self._limits.clock())
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
            results = self._raw_workers.run(asked, generation)
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

    def _publish(self, events: Sequence[Event], letters: EventLetters) -> None:
        if self._outbox is not None:
            tell(events, self._outbox, letters, self._publish_secs, stop=self._stop, clock=self._limits.clock)
