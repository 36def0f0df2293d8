"""Parses archived pages again, writes their rows as new executions, and compares them with the rows that are there.

Every archived execution that is chosen becomes one execution, so that the history of a row stays a history: rows of
yesterday's pages are yesterday's rows, made by today's source file.
"""

import contextlib
import dataclasses
import datetime
import functools
import gc
import os
import secrets
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.compared_rows import ComparedRows, FolderRows, StoreRows
from pipelines.job import Job
from pipelines.places import Places
from pipelines.plans import with_source, write_plans
from pipelines.preparation import FORMATS, CannotPrepare
from pipelines.reparse_graph import build_reparse, remove_index, write_index
from pipelines.reparse_order import Order, archive_files
from pipelines.resume import StillRunning, clean_up, own_run
from pipelines.row_changes import TableChanges, changes_of
from pipelines.runners import local_flags, workers_for_archive
from pipelines.sources_bundle import git_commit, write_bundle
from pipelines.spare_workers import spare_workers
from pipelines.stopping import end_when_a_worker_dies
from pipelines.stores.store import open_store
from pipelines.summary import read_executions
from schemas.ids import content_id
from schemas.plan import Plan
from scrapers.extraction.scraper import load_scraper
from scrapers.reparse.foreign import ForeignPages
from scrapers.reparse.page_index import ArchivedExecution, scan
from scrapers.source_files.bundle import BundleRefused, pack_sources
from scrapers.source_files.load import SourceSet, load_sources
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["Order", "Reparsed", "reparse"]

MOST_EXECUTIONS = 400
"""At once. Each has files open of its own: one a table and a day; a process may have 1,024 by default on Linux."""


@dataclasses.dataclass(slots=True)
class Reparsed:
    """What became of it.

    Attributes:
      executions: their rows.
      changes: by table.
    """

    executions: list[dict[str, Any]]
    changes: list[TableChanges]


def reparse(order: Order, *, may_fork: bool = False) -> Reparsed:
    """Does what was ordered, on this machine, without a network but that of the output.

    Args:
      may_fork: this process has no threads and does nothing else, so that workers can be its copies.

    Raises:
      CannotPrepare, SourceFileErrors: nothing has been written then.
    """
    sources = _load(order)
    foreign = _foreign(order, sources)
    paths = archive_files(order.archive)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="scrapeline-reparse-"))
        index = Path(folder, "index")
        chooses = functools.partial(order.chosen_with, foreign)
        _, found, owners = scan(paths, chooses, index, filesystem.open_to_read)
        chosen = _check(order, found)
        where = Places(f"{folder}/made") if order.diff else order.output
        if where.warehouse is not None:
            from pipelines.warehouse_checks import check_warehouse  # Google's client takes its time to import

            check_warehouse(where.warehouse, sources)
        _clear_away(where)
        job = _planned(order, where, chosen, sources)
        stack.enter_context(own_run(job.layout) or contextlib.nullcontext())
        stack.callback(_leave, job)
        write_index(job, index, dict(zip(paths, owners, strict=True)), foreign)
        _run(order, job, paths, may_fork)
        executions = read_executions(job)
        return Reparsed(executions, _changes(order, where, executions, sources))


def _load(order: Order) -> SourceSet:
    sources = load_sources(order.sources, list(order.names))
    for name in order.names:
        try:
            load_scraper(sources[name])
        except ValueError as error:
            raise CannotPrepare(f"source {name}: {error}") from error
    return sources


def _foreign(order: Order, sources: SourceSet) -> ForeignPages | None:
    if not order.foreign:
        return None
    if len(order.names) != 1:
        raise CannotPrepare("--foreign: pages of other tools do not say whose they are; name one source")
    [name] = order.names
    types = list(sources[name].source.page_types())
    if order.page_type and order.page_type not in types:
        raise CannotPrepare(f"--page-type: source {name} has {', '.join(types)}")
    execution_id = content_id("foreign archive", order.archive, name)
    try:
        return ForeignPages.of(
            sources[name],
            execution_id,
            page_type=order.page_type or types[0],
            matching=order.matching,
            now=time.time(),
        )
    except ValueError as error:
        raise CannotPrepare(f"--foreign: the seeds of source {name}: {error}") from error


def _check(order: Order, found: dict[tuple[str, str], ArchivedExecution]) -> list[ArchivedExecution]:
    if unknown := set(order.executions) - {one.execution_id for one in found.values()}:
        raise CannotPrepare(f"--execution: the archive has no such page of {', '.join(sorted(unknown))}")
    if missing := [name for name in order.names if name not in {one.source for one in found.values()}]:
        hint = "" if order.foreign else "; pages that another tool archived are taken with --foreign"
        raise CannotPrepare(f"--archive: {order.archive} has no such page of source {', '.join(missing)}{hint}")
    if len(found) > MOST_EXECUTIONS:
        raise CannotPrepare(
            f"{len(found)} archived executions, {MOST_EXECUTIONS} at once: do a part, by --since and --until"
        )
    return sorted(found.values(), key=lambda one: (one.first, one.source))


def _planned(order: Order, where: Places, chosen: list[ArchivedExecution], sources: SourceSet) -> Job:
    now = time.time()
    run_id = f"reparse-{datetime.datetime.fromtimestamp(now, datetime.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    try:
        packed = pack_sources(order.sources)
    except BundleRefused as error:
        raise CannotPrepare(str(error)) from None
    layout, commit = OutputLayout(where.folder, run_id, 1), git_commit(order.sources)
    plans = []
    for one in chosen:
        execution_id = content_id("execution", run_id, one.source, one.execution_id)
        plan = Plan(execution_id, run_id, one.source, 1, now, reparse_of=one.execution_id)
        plan = with_source(plan, sources[one.source], sources_digest=packed[0], git_commit=commit, auto_modes={})
        plans.append(plan if order.is_whole else dataclasses.replace(plan, min_rows=None))  # a part has fewer
    write_plans(layout, plans)
    bundle = write_bundle(where.folder, *packed)
    file_format = "jsonl" if where.warehouse else FORMATS[order.file_format]
    return Job(where.folder, run_id, 1, bundle, file_format, warehouse=where.warehouse, pid=os.getpid())


def _run(order: Order, job: Job, paths: list[str], may_fork: bool) -> None:
    count = min(order.workers or workers_for_archive(paths), len(paths))
    pipeline = beam.Pipeline(options=PipelineOptions(local_flags([], count)))
    own = order.archive == OutputLayout(order.output.folder, "", 1).archive
    build_reparse(pipeline, job, paths, archive_path="archive" if own else order.archive)
    gc.freeze()  # what is imported is never garbage, and is looked through all the same
    with spare_workers(count) if may_fork and count > 1 else contextlib.nullcontext():
        if may_fork:
            end_when_a_worker_dies()
        pipeline.run().wait_until_finish()


def _changes(order: Order, where: Places, executions: list[dict[str, Any]], sources: SourceSet) -> list[TableChanges]:
    new_ids = {str(one["reparse_of"]): str(one["execution_id"]) for one in executions}
    return changes_of(
        _rows(order.output, _earlier(order.output, new_ids)),
        _rows(where, dict.fromkeys(new_ids.values(), 0.0)),
        {name: table for loaded in sources.values() for name, table in loaded.tables.items()},
        since=order.since,
        until=order.until,
    )


def _rows(where: Places, ranks: dict[str, float]) -> ComparedRows:
    if where.warehouse is None:
        return FolderRows(OutputLayout(where.folder, "", 1), ranks)
    return StoreRows(open_store(where), ranks)


def _earlier(where: Places, new_ids: dict[str, str]) -> dict[str, float]:
    """Executions whose rows are compared with -> when they ended; the later one's count, of rows of the same page.

    They are those that were archived, and what has been parsed again of them since, as a whole or letter by letter.
    """
    columns = ["execution_id", "reparse_of", "replay_of", "ended_at"]
    ended: dict[str, float] = dict.fromkeys(new_ids, 0.0)
    for one in open_store(where).executions(columns).to_pylist():
        of = one["reparse_of"] or one["replay_of"] or one["execution_id"]
        if of in new_ids and one["execution_id"] not in new_ids.values():
            ended[one["execution_id"]] = one["ended_at"].timestamp()
    return ended


def _leave(job: Job) -> None:
    """Removes what only the workers needed; the plan stays, as that of every run."""
    remove_index(job.layout)
    clean_up(job.layout)
    if filesystem.is_local(job.layout.root):
        shutil.rmtree(job.layout.under_construction, ignore_errors=True)


def _clear_away(where: Places) -> None:
    """Removes what a re-parse that broke off on this machine left under construction: none goes on with it."""
    if not filesystem.is_local(where.folder):
        return
    for path in filesystem.match(f"{where.folder}/.scrapeline/runs", "reparse-*/index/archive.json"):
        layout = OutputLayout(where.folder, path.split("/")[-3], 1)
        with contextlib.suppress(StillRunning), own_run(layout) or contextlib.nullcontext():
            remove_index(layout)
            clean_up(layout)
