"""Parses archived pages again, writes their rows as new executions, and compares them with the rows that are there.

Every archived execution that is chosen becomes one execution, so that the history of a row stays a history: rows of
yesterday's pages are yesterday's rows, made by today's source file.
"""

import contextlib
import dataclasses
import datetime
import secrets
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.job import Job
from pipelines.plans import with_source, write_plans
from pipelines.preparation import FORMATS, CannotPrepare
from pipelines.reparse_graph import build_reparse, write_index
from pipelines.resume import clean_up
from pipelines.row_changes import TableChanges, changes_of
from pipelines.runners import local_flags
from pipelines.sources_bundle import git_commit, write_bundle
from pipelines.summary import read_executions
from schemas.ids import content_id
from schemas.page import Page
from schemas.plan import Plan
from scrapers.extraction.scraper import load_scraper
from scrapers.reparse.page_index import ArchivedExecution, scan
from scrapers.source_files.bundle import BundleRefused, pack_sources
from scrapers.source_files.load import SourceSet, load_sources
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["Order", "Reparsed", "reparse"]

MOST_EXECUTIONS = 400
"""At once. Each has files open of its own: one a table and a day; a process may have 1,024 by default on Linux."""


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """What is to be parsed again. Times in Unix seconds, of when a page was fetched.

    Attributes:
      sources: folder of source files.
      names: of sources.
      archive: folder of WARC files, or one such file.
      output: folder of the rows that are there; new ones go there too.
      since, until: from this moment on, and before this one.
      executions: ids of archived executions; empty for all.
      diff: compare only, and write nothing.
    """

    sources: Path
    names: Sequence[str]
    archive: str
    output: str
    since: float = float("-inf")
    until: float = float("inf")
    executions: Sequence[str] = ()
    file_format: str = "parquet"
    diff: bool = False

    def chooses(self, page: Page) -> bool:
        """Whether a page is parsed again."""
        request = page.request
        chosen = request.source in self.names and (not self.executions or request.execution_id in self.executions)
        return chosen and self.since <= page.fetched_at < self.until


@dataclasses.dataclass(slots=True)
class Reparsed:
    """What became of it.

    Attributes:
      executions: their rows.
      changes: by table.
    """

    executions: list[dict[str, Any]]
    changes: list[TableChanges]


def reparse(order: Order) -> Reparsed:
    """Does what was ordered, in this process, without a network.

    Raises:
      CannotPrepare, SourceFileErrors: nothing has been written then.
    """
    sources = _load(order)
    paths = _files(order.archive)
    index, found, owners = scan(paths, order.chooses, filesystem.open_to_read)
    chosen = _check(order, found)
    with contextlib.ExitStack() as stack:
        target = stack.enter_context(tempfile.TemporaryDirectory()) if order.diff else order.output
        job = _planned(order, target, chosen, sources)
        write_index(job, index, dict(zip(paths, owners, strict=True)))
        _run(job, paths)
        executions = read_executions(job)
        changes = changes_of(
            OutputLayout(order.output, "", 1),
            job.layout,
            {str(one["reparse_of"]): str(one["execution_id"]) for one in executions},
            {name: table for loaded in sources.values() for name, table in loaded.tables.items()},
            since=order.since,
            until=order.until,
        )
        _leave(job)
    return Reparsed(executions, changes)


def _load(order: Order) -> SourceSet:
    sources = load_sources(order.sources, list(order.names))
    for name in order.names:
        try:
            load_scraper(sources[name])
        except ValueError as error:
            raise CannotPrepare(f"source {name}: {error}") from error
    return sources


def _files(archive: str) -> list[str]:
    if archive.endswith((".warc", ".warc.gz", ".warc.zst")):
        paths = [archive] if filesystem.exists(archive) else []
    else:
        paths = [
            path for ending in ("warc", "warc.gz", "warc.zst") for path in filesystem.match(archive, f"*.{ending}")
        ]
    if not paths:
        raise CannotPrepare(f"--archive: there is no WARC file in {archive}")
    return sorted(paths)


def _check(order: Order, found: dict[tuple[str, str], ArchivedExecution]) -> list[ArchivedExecution]:
    if unknown := set(order.executions) - {one.execution_id for one in found.values()}:
        raise CannotPrepare(f"--execution: the archive has no such page of {', '.join(sorted(unknown))}")
    if missing := [name for name in order.names if name not in {one.source for one in found.values()}]:
        raise CannotPrepare(f"--archive: {order.archive} has no such page of source {', '.join(missing)}")
    if len(found) > MOST_EXECUTIONS:
        raise CannotPrepare(
            f"{len(found)} archived executions, {MOST_EXECUTIONS} at once: do a part, by --since and --until"
        )
    return sorted(found.values(), key=lambda one: (one.first, one.source))


def _planned(order: Order, target: str, chosen: list[ArchivedExecution], sources: SourceSet) -> Job:
    now = time.time()
    run_id = f"reparse-{datetime.datetime.fromtimestamp(now, datetime.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    try:
        packed = pack_sources(order.sources)
    except BundleRefused as error:
        raise CannotPrepare(str(error)) from None
    layout, commit = OutputLayout(target, run_id, 1), git_commit(order.sources)
    plans = []
    for one in chosen:
        execution_id = content_id("execution", run_id, one.source, one.execution_id)
        plan = Plan(execution_id, run_id, one.source, 1, now, reparse_of=one.execution_id)
        plan = with_source(plan, sources[one.source], sources_digest=packed[0], git_commit=commit, auto_modes={})
        whole = order.since == float("-inf") and order.until == float("inf")
        plans.append(plan if whole else dataclasses.replace(plan, min_rows=None))  # a part has fewer
    write_plans(layout, plans)
    return Job(target, run_id, 1, write_bundle(target, *packed), FORMATS[order.file_format])


def _run(job: Job, paths: list[str]) -> None:
    pipeline = beam.Pipeline(options=PipelineOptions(local_flags([], 1)))
    build_reparse(pipeline, job, paths)
    pipeline.run().wait_until_finish()


def _leave(job: Job) -> None:
    """Removes what only the workers needed; the plan stays, as that of every run."""
    filesystem.remove([f"{job.layout.run}/index.npz", f"{job.layout.run}/owners.json"])
    clean_up(job.layout)
    if filesystem.is_local(job.layout.root):
        shutil.rmtree(job.layout.under_construction, ignore_errors=True)
