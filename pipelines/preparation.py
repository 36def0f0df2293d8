"""Everything before the pipeline is built: sources checked, the run planned or found again, the bundle written."""

import contextlib
import dataclasses
import datetime
import re
import secrets
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pipelines.cannot_prepare import CannotPrepare
from pipelines.dead_letters.replay_files import ABOUT
from pipelines.dead_letters.replay_plan import keep_replay, plan_replay
from pipelines.given_params import given_params
from pipelines.history import with_history
from pipelines.job import Job
from pipelines.needed_browser import has_needed_browser
from pipelines.options import ScrapeOptions
from pipelines.places import Places, WrongPlace
from pipelines.plans import logs_in, plan_run, types_with_mode, with_source, write_plans
from pipelines.resume import (
    NothingToResume,
    StillRunning,
    check_output,
    find_run,
    keep_output,
    own_run,
    salvage_archives,
)
from pipelines.source_outputs import places_of_run
from pipelines.sources_bundle import git_commit, write_bundle
from schemas.plan import Plan
from scrapers.browsing.settings import BrowserSettings
from scrapers.extraction.scraper import load_scraper
from scrapers.source_files.bundle import BundleRefused, pack_sources
from scrapers.source_files.check_raw import ONLY_RAW, only_raw
from scrapers.source_files.load import SourceSet, load_sources
from scrapers.source_files.seeds import count_seeds
from transforms import filesystem
from transforms.fetch_modes import kept_modes
from transforms.output_layout import OutputLayout

__all__ = ["CannotPrepare", "prepared"]

FORMATS = {"parquet": "parquet", "json": "jsonl"}
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@contextlib.contextmanager
def prepared(options: ScrapeOptions, *, runs_here: bool = True) -> Iterator[tuple[Job, int]]:
    """Plans a run (or finds the one to resume) and writes what its workers read.

    Gives the job, and how many requests are known before it starts; until the end, the run is this process's own.

    Args:
      runs_here: pages are fetched on this machine.

    Raises:
      CannotPrepare, SourceFileErrors: nothing has been written then.
    """
    folder = Path(options.sources)
    if not folder.is_dir():
        raise CannotPrepare(f"--sources: there is no folder {folder}")
    where = _where(options, runs_here)
    found = _resumed(options, where)
    sources = load_sources(folder, [plan.source for plan in found[1]] if found else _names(options))
    sources = sources if found or options.urls or options.replay else _that_fetch(sources, _names(options))
    layout, plans = found or _planned(options, sources, where.folder)
    seeds = _check(sources, plans)
    has_browser = not runs_here or has_needed_browser([sources[plan.source] for plan in plans])
    _check_warehouse(where, sources)
    try:
        packed, lock = pack_sources(folder), own_run(layout)
    except (BundleRefused, StillRunning) as error:
        raise CannotPrepare(str(error)) from None
    with lock or contextlib.nullcontext():
        if found:
            salvage_archives(layout)
        else:
            seeds = _keep_seeds(options, layout, plans[0].urls_file, seeds)
        known = where.folder if has_browser else None
        plans = _as_of_now(plans, sources, packed[0], git_commit(folder), known)
        write_plans(layout, with_history(plans, sources, where))
        if not found:
            keep_output(layout, where)
        job = _job(options, layout, where, write_bundle(where.folder, *packed))
        chosen = [sources[plan.source] for plan in plans]
        renders = any(types_with_mode(loaded, "browser", "auto") or logs_in(loaded) for loaded in chosen)
        yield dataclasses.replace(job, renders=renders, replays=bool(plans[0].replay_of)), seeds


def _that_fetch(sources: SourceSet, named: list[str] | None) -> SourceSet:
    """Without those that only take raw output; one that was named says so. Raises CannotPrepare."""
    left_out = [name for name, loaded in sources.items() if only_raw(loaded)]
    if left_out and (named or len(left_out) == len(sources)):
        raise CannotPrepare(f"source {left_out[0]}: {ONLY_RAW}")
    return SourceSet(sources.folder, {name: loaded for name, loaded in sources.items() if name not in left_out})


def _check_warehouse(where: Places, sources: SourceSet) -> None:
    if where.warehouse:
        from pipelines.warehouse_checks import check_warehouse  # Google's client takes its time to import

        check_warehouse(where.warehouse, sources)


def _keep_seeds(options: ScrapeOptions, layout: OutputLayout, urls_file: str, seeds: int) -> int:
    """Keeps with a new run what it begins with, if that is not its sources' own seeds; how many requests that are."""
    if options.replay:
        return keep_replay(options.replay, layout)
    if options.urls:
        urls = Path(options.urls).read_bytes()
        filesystem.write_whole(f"{layout.run}/{urls_file}", urls)
        return urls.count(b"\n")
    return seeds


def _where(options: ScrapeOptions, runs_here: bool) -> Places:
    try:
        where = places_of_run(options.output, options.files, Path(options.sources), _names(options))
    except WrongPlace as error:
        raise CannotPrepare(str(error)) from None
    if options.bigquery_method != "load" and not where.warehouse:
        raise CannotPrepare(
            f"--bigquery_method: rows go to {where.folder}, not to BigQuery (--output bigquery:PROJECT)"
        )
    if where.warehouse and not runs_here and filesystem.is_local(where.folder) and not options.files:
        raise CannotPrepare(f"--files: name a folder that all workers reach, gs://BUCKET/...: not {where.folder}")
    return where


def _as_of_now(plans: list[Plan], sources: SourceSet, digest: str, git_commit: str, known: str | None) -> list[Plan]:
    """The plans with what their sources say today, and what earlier runs found out.

    Args:
      known: the output folder of earlier runs; None: there is no browser that they could speak for.
    """
    return [
        with_source(
            plan,
            sources[plan.source],
            sources_digest=digest,
            git_commit=git_commit,
            auto_modes={} if known is None else kept_modes(known, plan.source),
        )
        for plan in plans
    ]


def _names(options: ScrapeOptions) -> list[str] | None:
    return [name for given in options.source for name in given.split(",") if name] or None


def _planned(options: ScrapeOptions, sources: SourceSet, folder: str) -> tuple[OutputLayout, list[Plan]]:
    now = time.time()
    run_id = options.run_id or _new_run_id(now)
    if not _RUN_ID.fullmatch(run_id):
        raise CannotPrepare(f"--run_id: {run_id!r}; it names files, so letters, digits, dot, dash and underscore")
    layout = OutputLayout(folder, run_id, 1)
    if options.replay:
        return layout, plan_replay(options.replay, run_id, now)
    if filesystem.match(layout.run, "attempt-*"):
        raise CannotPrepare(f"run {run_id} exists already under {folder}; go on with it by --resume {run_id}")
    if options.urls and not Path(options.urls).is_file():
        raise CannotPrepare(f"--urls: there is no file {options.urls}")
    if options.urls and len(sources) > 1:
        raise CannotPrepare(f"--urls: {len(sources)} sources would all read these URLs; name one")
    if not sources:
        raise CannotPrepare(f"no source files in {options.sources}; make a first one: scrapeline new URL")
    plans = plan_run(
        sources.values(),
        run_id=run_id,
        started_at=now,
        params=given_params(options.param, sources),
        urls_file="urls.txt" if options.urls else "",
        limit=options.limit,
    )
    return layout, plans


def _resumed(options: ScrapeOptions, where: Places) -> tuple[OutputLayout, list[Plan]] | None:
    """The run to go on with; None for a new one."""
    if options.restart and not options.resume:
        try:
            return find_run(where.folder, options.run_id)
        except NothingToResume:
            return None
    if not options.resume:
        return None
    for name in ("limit", "param", "urls", "run_id"):
        if getattr(options, name):
            raise CannotPrepare(f"--{name}: a run that is resumed keeps its plan; leave it out")
    try:
        layout, plans = find_run(where.folder, options.resume)
        check_output(layout, where)
    except NothingToResume as error:
        raise CannotPrepare(str(error)) from None
    if plans[0].replay_of and not filesystem.exists(f"{layout.replay}/{ABOUT}"):
        raise CannotPrepare(f"--resume: {options.resume} has ended; go on with: scrapeline dead-letters replay")
    return layout, _named(plans, options)


def _named(plans: list[Plan], options: ScrapeOptions) -> list[Plan]:
    """The plans of the sources that were asked for: all, when none was."""
    names = _names(options)
    there = [plan.source for plan in plans]
    if unknown := set(names or ()) - set(there):
        raise CannotPrepare(
            f"--resume: {options.resume} has no source {', '.join(sorted(unknown))}; it has {', '.join(there)}"
        )
    return [plan for plan in plans if not names or plan.source in names]


def _check(sources: SourceSet, plans: list[Plan]) -> int:
    """How many requests the plans begin with. Raises CannotPrepare for what would fail on every page."""
    seeds = 0
    for plan in plans:
        try:
            load_scraper(sources[plan.source])
            if not (plan.urls_file or plan.replay_of):
                seeds += count_seeds(sources[plan.source], plan.params, plan.started_at)
        except ValueError as error:
            raise CannotPrepare(f"source {plan.source}: {error}") from error
    return seeds


def _new_run_id(now: float) -> str:
    return f"{datetime.datetime.fromtimestamp(now, datetime.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def _job(options: ScrapeOptions, layout: OutputLayout, where: Places, bundle: str) -> Job:
    folder = layout.run if filesystem.is_local(layout.root) else f"{tempfile.gettempdir()}/scrapeline-{layout.run_id}"
    return Job(
        output=where.folder,
        warehouse=where.warehouse,
        bigquery_method=options.bigquery_method,
        run_id=layout.run_id,
        attempt=layout.attempt,
        bundle=bundle,
        file_format="jsonl" if where.warehouse else FORMATS[options.file_format],
        resolve=tuple(options.resolve),
        progress_folder=options.progress_folder,
        browser=BrowserSettings(tabs=options.browser_tabs),
        stop_file=options.stop_file or f"{folder}/attempt-{layout.attempt}.stop",
    )
