"""One event, worked on: a small batch run of the sources that it names, by the same pipeline as any other."""

import dataclasses
import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.job import Job
from pipelines.once_a_process import forget, give
from pipelines.places import Places
from pipelines.plans import PLAN_FILE, plan_run, read_plans, with_source, write_plans
from pipelines.resume import clean_up, salvage_archives
from pipelines.source_health.leaving_out import Availability
from pipelines.source_health.left_out_plans import with_availability
from pipelines.streaming.completion import completion
from pipelines.streaming.event_graph import EventGraph
from pipelines.streaming.event_marks import (
    AtWorkElsewhere,
    alone,
    is_told,
    read_ended,
    run_id_of,
    write_ended,
    write_told,
)
from pipelines.streaming.generation import Generation
from pipelines.streaming.histories import Histories
from pipelines.summary import read_executions
from schemas.events.event import Event
from schemas.events.reading import deadline_of
from schemas.plan import Plan
from schemas.reasons import Drop
from scrapers.archive.ledger import Ledger
from transforms import filesystem
from transforms.fetch_modes import kept_modes
from transforms.output_layout import OutputLayout

__all__ = ["AtWorkElsewhere", "CutShort", "EventRuns", "run_id_of"]

_URLS = "urls.txt"


class CutShort(Exception):
    """The process was asked to stop before the executions had ended: the event is to be worked on again."""


@dataclasses.dataclass(slots=True)
class EventRuns:
    """Runs events; its methods may be called from several threads, with different events.

    Attributes:
      file_format, bigquery_method: as in Job.
      clock: Unix seconds.
      availability, histories: of the sources.
    """

    where: Places
    resolve: tuple[str, ...] = ()
    file_format: str = "parquet"
    bigquery_method: Any = "insert"
    clock: Callable[[], float] = time.time
    availability: Availability = dataclasses.field(init=False)
    histories: Histories = dataclasses.field(init=False)
    _graph: EventGraph | None = None
    _building: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.availability = Availability(self.where, self.clock)
        self.histories = Histories(self.where)

    def run(self, event: Event, names: list[str], generation: Generation) -> list[Event]:
        """Sees the event's executions to their end; gives the completion events that are yet to be published.

        What has ended already is not done again: the completion events are those of the first time, or none when they
        have been published (`told`).

        Args:
          names: the sources, of those that the event names, that can be used.

        Raises:
          CutShort, AtWorkElsewhere
        """
        layout = OutputLayout(self.where.folder, run_id_of(event), 1)
        with alone(layout):
            if (ended := read_ended(layout)) is not None:
                return [] if is_told(layout) else ended
            layout, plans = self._planned(layout, event, names, generation)
            records = self._scrape(layout, plans, generation)
            if any(_was_cut(one) for one in records):
                raise CutShort
            tables = {name: list(generation.sources[name].tables) for name in names}
            done = [completion(one, self.where, tables[one["source"]], event.event_id) for one in records]
            write_ended(layout, done)
            clean_up(layout)
            for one in records:
                self.availability.ended(one["source"], one["execution_id"], one["status"])
            return done

    def has_begun(self, event: Event) -> bool:
        """Whether it was worked on before, here or anywhere."""
        layout = OutputLayout(self.where.folder, run_id_of(event), 1)
        return filesystem.exists(f"{layout.run}/attempt-1-{PLAN_FILE}")

    def told(self, event: Event) -> None:
        """The event's completion events have been published."""
        write_told(OutputLayout(self.where.folder, run_id_of(event), 1))

    def _planned(
        self, layout: OutputLayout, event: Event, names: list[str], generation: Generation
    ) -> tuple[OutputLayout, list[Plan]]:
        """The next attempt of the event's run, and its plans: those of the first attempt, where there was one."""
        attempt = 1 + len(filesystem.match(layout.run, f"attempt-*-{PLAN_FILE}"))
        chosen = [generation.sources[name] for name in names]
        urls = event.data.get("urls")
        if attempt > 1:
            plans = [dataclasses.replace(plan, attempt=attempt) for plan in read_plans(layout) if plan.source in names]
            layout = dataclasses.replace(layout, attempt=attempt)
            salvage_archives(layout)
        else:
            plans = plan_run(
                chosen,
                run_id=layout.run_id,
                started_at=self.clock(),
                params=params_of_event(event),
                urls_file=_URLS if urls else "",
                limit=event.data.get("limit"),
                deadline_at=deadline_of(event),
            )
            plans = with_availability(plans, generation.sources, self.availability, len(urls or ()))
        if urls and not filesystem.exists(f"{layout.run}/{_URLS}"):
            filesystem.write_whole(f"{layout.run}/{_URLS}", "".join(f"{url}\n" for url in urls).encode())
        plans = [
            with_source(
                plan,
                generation.sources[plan.source],
                sources_digest=generation.digest,
                git_commit=generation.git_commit,
                auto_modes=kept_modes(self.where.folder, plan.source),
            )
            for plan in plans
        ]
        plans = [self.histories.give(plan, generation.sources) for plan in plans]
        write_plans(layout, plans)
        return layout, plans

    def _graph_for(self, job: Job) -> EventGraph:
        with self._building:
            if self._graph is None:
                self._graph = EventGraph(job)
            return self._graph

    def _scrape(self, layout: OutputLayout, plans: list[Plan], generation: Generation) -> list[dict[str, Any]]:
        job = Job(
            output=self.where.folder,
            warehouse=self.where.warehouse,
            bigquery_method=self.bigquery_method,
            run_id=layout.run_id,
            attempt=layout.attempt,
            bundle=generation.bundle,
            file_format="jsonl" if self.where.warehouse else self.file_format,
            resolve=self.resolve,
        )
        give(job, plans=plans, **generation.given())
        if layout.attempt > 1:
            ledger = Ledger(filesystem.match(layout.archive, f"{job.run_id}-a*.warc.gz"), filesystem.open_to_read)
            generation.ledgers.update({plan.execution_id: ledger for plan in plans})
        try:
            self._graph_for(job).run(job)
            return read_executions(job)
        finally:
            forget(job)
            generation.fetcher.forget([plan.execution_id for plan in plans])
            for plan in plans:
                generation.ledgers.pop(plan.execution_id, None)


def _was_cut(record: Mapping[str, Any]) -> bool:
    """Whether requests of an execution were left for later: known ones are dropped, seeds to come are a note."""
    notes = json.loads(record["notes"])
    return Drop.CANCELLED in json.loads(record["dropped_by_reason"]) or any(
        note.startswith(Drop.CANCELLED) for note in notes
    )


def params_of_event(event: Event) -> dict[str, Any]:
    """The parameters of a request, as `--param` gives them: texts, or lists of texts."""
    return {
        name: [_text(one) for one in value] if isinstance(value, list) else _text(value)
        for name, value in (event.data.get("params") or {}).items()
    }


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
