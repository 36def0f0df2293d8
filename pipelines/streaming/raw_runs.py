"""Events that tell of raw output, worked on together: one small run for many, since no host has to be waited for."""

import contextlib
import dataclasses
import logging
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pipelines.job import Job
from pipelines.once_a_process import forget, give
from pipelines.plans import PLAN_FILE, plan_path, plan_run, plans_text, read_plans, with_source, write_plans
from pipelines.resume import clean_up
from pipelines.streaming.completion import completion
from pipelines.streaming.event_graph import EventGraph
from pipelines.streaming.event_marks import (
    alone,
    is_told,
    is_untouched,
    read_ended,
    run_id_of,
    write_ended_together,
)
from pipelines.streaming.event_run import EventRuns
from pipelines.streaming.raw_graph import RawJob, build_raw
from pipelines.streaming.routes import asked_of
from pipelines.streaming.shared_log import row_in_log, write_log
from pipelines.streaming.shared_marks import write_shared
from schemas.events.arrival import RawOutput
from schemas.events.event import Event
from schemas.execution import Execution
from schemas.plan import Plan
from scrapers.extraction.scraper import reader
from scrapers.extraction.skeleton import Sampling
from scrapers.raw_output.reader import RawReader
from scrapers.source_files.load import SourceSet
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["Opened", "RawRuns", "Result"]

_LOG = logging.getLogger(__name__)

Result = list[Event] | Exception


class Opened(Protocol):
    """Sources as a process has them opened (`Generation`)."""

    @property
    def sources(self) -> SourceSet: ...

    @property
    def digest(self) -> str: ...

    @property
    def git_commit(self) -> str: ...

    @property
    def bundle(self) -> str: ...

    def given(self) -> Mapping[str, Any]:
        """What a run takes from here instead of making it."""


@dataclasses.dataclass(slots=True)
class _Begun:
    """One event's execution."""

    event: Event
    layout: OutputLayout
    plan: Plan
    raw: RawOutput | None


class RawRuns:
    """Runs `scraper.complete` events; any number of threads may call it, with different events."""

    def __init__(self, runs: EventRuns) -> None:
        self._runs = runs
        self._graph: EventGraph | None = None
        self._reader: tuple[Opened, RawReader] | None = None
        self._lock = threading.Lock()

    def run(self, asked: Sequence[tuple[Event, str]], generation: Opened) -> list[Result]:
        """Sees the executions of some events to their end.

        Args:
          asked: events, each with the source that it leads to.

        Returns:
          For each the completion events that are yet to be published (`EventRuns.run`), or why it broke off: what one
          breaks off by does not take the others with it.
        """
        results: dict[int, Result] = {}
        log = self._new_log()
        with contextlib.ExitStack() as locks:
            begun: dict[int, _Begun] = {}
            for number, (event, name) in enumerate(asked):
                layout = OutputLayout(self._runs.where.folder, run_id_of(event), 1)
                try:
                    locks.enter_context(alone(layout))
                    is_new = is_untouched(layout)
                    ended = None if is_new else read_ended(layout)
                    if ended is not None:
                        results[number] = [] if is_told(layout) else ended
                        continue
                    one = self._planned(layout, event, name, log, generation, is_new=is_new)
                    if (row := row_in_log(one.layout)) is not None:
                        results |= self._close({number: one}, {one.plan.execution_id: row}, generation)
                    else:
                        begun[number] = one
                except Exception as error:  # noqa: BLE001  of one event: the others go on
                    results[number] = error
            results |= self._write_plans(begun)
            results |= self._together(
                {number: one for number, one in begun.items() if number not in results}, generation
            )
        return [results[number] for number in range(len(asked))]

    def _new_log(self) -> str:
        return f"raw-{secrets.token_hex(8)}.{self._runs.file_format}"

    def _planned(
        self, layout: OutputLayout, event: Event, name: str, log: str, generation: Opened, *, is_new: bool = False
    ) -> _Begun:
        """The next attempt of an event's run; its plan is yet to be written.

        Args:
          is_new: it is the first.
        """
        loaded = generation.sources[name]
        attempt = 1 if is_new else 1 + len(filesystem.match(layout.run, f"attempt-*-{PLAN_FILE}"))
        if attempt > 1:
            [plan] = read_plans(layout)
            layout = dataclasses.replace(layout, attempt=attempt)
            plan = dataclasses.replace(plan, attempt=attempt)
        else:
            [plan] = plan_run([loaded], run_id=layout.run_id, started_at=time.time(), params={})
        digest, commit = generation.digest, generation.git_commit
        plan = with_source(plan, loaded, sources_digest=digest, git_commit=commit, auto_modes={})
        plan, raw = asked_of(event, self._runs.histories.give(plan, generation.sources))
        plan = dataclasses.replace(plan, log=log)
        return _Begun(event, layout, plan, raw)

    def _write_plans(self, begun: Mapping[int, _Begun]) -> dict[int, Result]:
        """Gives the events whose plan could not be written, and why."""
        paths = {plan_path(one.layout): number for number, one in begun.items()}
        failed = write_shared({path: begun[number].plan for path, number in paths.items()}, plans_text)
        return {paths[path]: error for path, error in failed.items()}

    def _together(self, begun: dict[int, _Begun], generation: Opened) -> dict[int, Result]:
        """Runs all of them; one by one when that breaks off."""
        if not begun:
            return {}
        try:
            return self._read(begun, generation)
        except Exception as error:  # noqa: BLE001  whatever it is, it is one event's until it is seen to be all of them
            if len(begun) == 1:
                return dict.fromkeys(begun, error)
            _LOG.warning("%d events broke off together, they are tried one by one: %s", len(begun), error)
        results: dict[int, Result] = {}
        for number, one in begun.items():
            try:
                first = dataclasses.replace(one.layout, attempt=1)
                again = self._planned(first, one.event, one.plan.source, self._new_log(), generation)
                write_plans(again.layout, [again.plan])
                results |= self._read({number: again}, generation)
            except Exception as error:  # noqa: BLE001
                results[number] = error
        return results

    def _read(self, begun: dict[int, _Begun], generation: Opened) -> dict[int, Result]:
        ended: list[Execution] = []
        job = self._job(next(iter(begun.values())).plan.log, generation)
        asked = [(one.plan, one.raw) for one in begun.values()]
        give(job, asked=asked, ended=ended, raw_reader=self._reader_of(generation), **generation.given())
        try:
            self._graph_for(job).run(job)
        finally:
            forget(job)
        rows = {execution.execution_id: execution.record() for execution in ended}
        if job.warehouse is None:
            write_log(next(iter(begun.values())).layout, job.run_id, list(rows.values()))
        return self._close(begun, rows, generation)

    def _close(
        self, begun: Mapping[int, _Begun], rows: Mapping[str, Mapping[str, Any]], generation: Opened
    ) -> dict[int, Result]:
        """Ends events whose rows are in the log.

        Args:
          rows: by execution id.
        """
        done = {
            number: self._completions(one, rows[one.plan.execution_id], generation) for number, one in begun.items()
        }
        failed = write_ended_together({one.layout: done[number] for number, one in begun.items()})
        results: dict[int, Result] = {}
        for number, one in begun.items():
            results[number] = failed.get(one.layout) or done[number]
            if one.layout in failed:
                continue
            try:
                clean_up(one.layout)
            except OSError as error:
                results[number] = error
                continue
            row = rows[one.plan.execution_id]
            self._runs.availability.ended(row["source"], row["execution_id"], row["status"])
        return results

    def _completions(self, one: _Begun, row: Mapping[str, Any], generation: Opened) -> list[Event]:
        tables = list(generation.sources[one.plan.source].tables)
        return [completion(row, self._runs.where, tables, one.event.event_id)]

    def _job(self, log: str, generation: Opened) -> RawJob:
        where = self._runs.where
        return RawJob(
            output=where.folder,
            warehouse=where.warehouse,
            bigquery_method=self._runs.bigquery_method,
            run_id=log,
            attempt=1,
            bundle=generation.bundle,
            file_format="jsonl" if where.warehouse else self._runs.file_format,
        )

    def _graph_for(self, job: Job) -> EventGraph:
        with self._lock:
            if self._graph is None:
                self._graph = EventGraph(job, build_raw)
            return self._graph

    def _reader_of(self, generation: Opened) -> RawReader:
        """Compiled once for a generation of sources."""
        with self._lock:
            if self._reader is None or self._reader[0] is not generation:
                read = reader(generation.sources, Sampling())
                self._reader = generation, RawReader(generation.sources, read, filesystem.open_to_read)
            return self._reader[1]
