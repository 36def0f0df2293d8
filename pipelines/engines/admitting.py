"""What a streaming job does because of an event: executions to plan, or dead letters.

Nothing is lost while the output cannot be written: an event whose letter, or plan, cannot be made now is put off. Its
lease ends in PUT_OFF_SECS, so that the subscription keeps it meanwhile and others are admitted. To wait here would stop
the bundle, and to raise would have the engine start the job again, for as long as it lasts; that is done only where the
engine's own reader has the event and repeats the bundle.
"""

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

from pipelines.engines import at_work
from pipelines.engines.closing import begun_already, ended_already, note_begun
from pipelines.engines.job import StreamJob
from pipelines.engines.planning import Known, Planning
from pipelines.engines.pubsub_reader import reader
from pipelines.leaving import when_left
from pipelines.once_a_process import once_a_process
from pipelines.places import Places
from pipelines.streaming.crash_notes import CrashNotes
from pipelines.streaming.event_letters import EventLetters
from pipelines.streaming.inbox import LetterBox
from pipelines.streaming.refusing import refuse
from pipelines.streaming.routes import asked_of
from pipelines.streaming.wanted import NotWanted, source_of, specs_of
from schemas.events import continued
from schemas.events.arrival import Arrived, Asked, Receipt
from schemas.events.event import Event, Malformed
from schemas.events.reading import Limits, expired, expires_at, parse_event
from schemas.ids import content_id
from schemas.plan import Plan
from schemas.reasons import Dead
from scrapers.hosts import host_key
from scrapers.source_files.load import LoadedSource
from scrapers.source_files.seeds import key_of
from scrapers.source_files.sitemaps import SITEMAP
from transforms.streaming.admit import Admission

__all__ = ["MOST_CRASHES", "PUT_OFF_SECS", "TAKEN", "EventAdmitter", "admitter"]

_LOG = logging.getLogger(__name__)
MOST_CRASHES = 2
"""While an event was admitted, processes died, or something broke that nobody expects: then it is a letter, unread."""
PUT_OFF_SECS = 30
TAKEN = ("scrape.requested", "scrape.continued", "scraper.complete")


class EventAdmitter:
    """Admits events (transforms.streaming.admit.Admitter); any thread may call.

    Args:
      letter_box: takes events that became dead letters; None: they stand in the table only.
      notes: count processes that died while they admitted an event.
      put_off: has the event of a handle come again after so many seconds; False: it is not for it to do.
    """

    def __init__(
        self,
        known: Known,
        where: Places,
        planning: Planning,
        *,
        limits: Limits,
        letters: EventLetters,
        letter_box: LetterBox | None,
        notes: CrashNotes,
        put_off: Callable[[str, int], bool],
    ) -> None:
        self._known, self._where, self._planning, self._limits = known, where, planning, limits
        self._letters, self._letter_box, self._notes, self._put_off = letters, letter_box, notes, put_off

    def admit(self, arrived: Arrived) -> Admission:
        """What is done because of an event; with a receipt when all that it has to say is written."""
        name = arrived.message_id or content_id("bytes", arrived.data)
        crashes = self._notes.crashes(name)
        try:
            self._notes.begin(name, crashes)
            admission = self._admitted(arrived, crashes)
            self._notes.end(name)
        except Exception as error:  # the boundary around one event: it must not end the job again and again
            is_away = isinstance(error, _cannot_keep(self._where))
            with contextlib.suppress(OSError):
                self._notes.leave(name, crashes if is_away else crashes + 1)
            if not self._put_off(arrived.handle, PUT_OFF_SECS):
                raise
            said = f"event {arrived.message_id} is put off for {PUT_OFF_SECS} s: {error}"
            _LOG.warning("%s", said, exc_info=None if is_away else error)
            return Admission("", None)
        return admission

    def _admitted(self, arrived: Arrived, crashes: int) -> Admission:
        event = self._read(arrived, crashes)
        asked, refused = ([], [event]) if isinstance(event, Malformed) else self._asked(event)
        for why in refused:
            refuse(arrived, why, crashes + 1, self._letters, self._letter_box, self._limits.clock())
        receipt = Receipt(arrived.handle, tuple(execution_id for execution_id, _ in asked))
        return Admission(event.key, receipt, asked)

    def _read(self, arrived: Arrived, crashes: int) -> Event | Malformed:
        if crashes >= MOST_CRASHES:
            why = f"to read it broke off {crashes} times, or processes died of it"
            return Malformed(Dead.POISON, why, "", content_id("poison", arrived.message_id))
        return parse_event(
            arrived.data,
            arrived.attributes,
            message_id=arrived.message_id,
            sent_at=arrived.sent_at,
            limits=self._limits,
            may_be_late=True,
        )

    def _asked(self, event: Event) -> tuple[list[tuple[str, Asked]], list[Malformed]]:
        """What the event asks of executions that have not ended, and why not of all."""
        if event.kind == continued.KIND:
            return self._continued(event)
        if event.kind == "scraper.complete":
            source = self._known.routes.of(event)
            return ([], [source]) if isinstance(source, Malformed) else self._one(event, source, self._raw)
        asked, refused = [], []
        for name in event.data["sources"]:
            some, why = self._one(event, name, self._requested)
            asked += some
            refused += [one for one in why if one not in refused]
        return asked, refused

    def _one(
        self, event: Event, name: str, ask: Callable[[Event, LoadedSource], tuple[str, Asked] | None]
    ) -> tuple[list[tuple[str, Asked]], list[Malformed]]:
        try:
            asked = ask(event, source_of(event, name, self._known.sources, self._known.broken))
        except NotWanted as refused:
            return [], [refused.why]
        return [asked] if asked else [], []

    def _continued(self, event: Event) -> tuple[list[tuple[str, Asked]], list[Malformed]]:
        """What goes on. Of a source that is gone meanwhile it goes on, too, and ends there: what waits for it must be
        told of each request."""
        name = event.data["source"]
        loaded = self._known.sources.get(name)
        try:
            spec = continued.spec_of(event)
            known = {SITEMAP, *loaded.source.page_types()} if loaded else {one.page_type for one in spec.requests}
            if gone := {one.page_type for one in spec.requests} - known:  # the sources have changed meanwhile
                raise ValueError(f"source {name} has no page type {' or '.join(sorted(gone))}")
        except ValueError as error:
            return [], [Malformed(Dead.MALFORMED_EVENT, str(error), "data.requests", event.key, name)]
        if ended_already(self._where.folder, spec.execution_id):
            return [], []
        key = key_of(spec, loaded) if loaded else host_key(spec.requests[0].url)
        return [(spec.execution_id, Asked(event.key, None, ((key, spec),)))], []

    def _raw(self, event: Event, loaded: LoadedSource) -> tuple[str, Asked] | None:
        plan = self._begun(event, loaded)
        if plan is None:
            return None
        plan, raw = asked_of(event, self._planning.whole(plan, loaded))
        return plan.execution_id, Asked(event.key, plan, raw=raw)

    def _requested(self, event: Event, loaded: LoadedSource) -> tuple[str, Asked] | None:
        plan = self._begun(event, loaded)
        if plan is None:
            return None
        specs = [(key_of(spec, loaded), spec) for spec in specs_of(event, loaded, plan.execution_id, plan.deadline_at)]
        plan = self._planning.or_left_out(self._planning.whole(plan, loaded), len(event.data.get("urls") or ()))
        return plan.execution_id, Asked(event.key, plan, () if plan.out_because else tuple(specs))

    def _begun(self, event: Event, loaded: LoadedSource) -> Plan | None:
        """The plan of an execution; None: it has ended. Raises NotWanted: it is too late to begin it."""
        plan = self._planning.first(event, loaded)
        if ended_already(self._where.folder, plan.execution_id):
            return None
        late = expired(event, self._limits)
        if late and not begun_already(self._where.folder, plan.execution_id):
            raise NotWanted(late)
        if not late and expires_at(event, self._limits) <= plan.deadline_at:
            note_begun(self._where.folder, plan.execution_id)
        return plan


def _cannot_keep(where: Places) -> tuple[type[Exception], ...]:
    """How writing to an output, or reading from it, fails while it is away."""
    if where.warehouse is None:
        return (OSError,)
    from transforms.bigquery.connection import WarehouseUnavailable  # Google's client takes its time to import
    from transforms.bigquery.refusals import WarehouseRefused

    return OSError, WarehouseUnavailable, WarehouseRefused


@once_a_process
def admitter(job: StreamJob) -> EventAdmitter:
    """The admitter of this process. Raises OSError: this machine has no place for its notes."""
    known = at_work.generation(job)
    letter_box = None
    if job.dead_letter_topic:
        from pipelines.streaming.pubsub import PubSubOutbox

        letter_box = PubSubOutbox(job.dead_letter_topic)
    notes = CrashNotes(Path(job.state_folder, "admitting"))
    when_left(notes.close)
    return EventAdmitter(
        known,
        job.where,
        Planning(known, job.where, at_work.availability(job), job.execution_secs),
        limits=Limits(max_age_secs=job.max_event_age_secs, kinds=TAKEN),
        letters=EventLetters(job.where, job.file_format, known.redactor.redact_text),
        letter_box=letter_box,
        notes=notes,
        put_off=lambda handle, secs: bool(handle) and reader(job).put_off(handle, secs),
    )
