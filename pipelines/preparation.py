"""Everything before the pipeline is built: sources checked, the run planned or found again, the bundle written."""

import datetime
import difflib
import secrets
import subprocess
import time
from pathlib import Path
from typing import Any

from pipelines.job import Job
from pipelines.options import ScrapeOptions
from pipelines.plans import plan_run, write_plans
from pipelines.resume import NothingToResume, find_run, salvage_archives
from schemas.plan import Plan
from scrapers.source_files.bundle import pack_sources
from scrapers.source_files.load import SourceSet, load_sources
from scrapers.source_files.seed_params import ParamError, parse_params
from scrapers.source_files.seeds import count_seeds
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["CannotPrepare", "prepare"]

FORMATS = {"parquet": "parquet", "json": "jsonl"}


class CannotPrepare(ValueError):
    """What was asked for cannot be run; the text says what to do."""


def prepare(options: ScrapeOptions) -> tuple[Job, int]:
    """Plans a run (or finds the one to resume) and writes what its workers read.

    Returns:
      The job, and how many requests are known before it starts.

    Raises:
      CannotPrepare, SourceFileErrors: nothing has been written then.
    """
    folder = Path(options.sources)
    if not folder.is_dir():
        raise CannotPrepare(f"--sources: there is no folder {folder}")
    sources = load_sources(folder, _names(options) or None)
    layout, plans = _resumed(options) if options.resume else _planned(options, sources)
    missing = [plan.source for plan in plans if plan.source not in sources]
    if missing:
        sources = load_sources(folder, [plan.source for plan in plans])
    seeds = sum(count_seeds(sources[plan.source], plan.params) for plan in plans if not plan.urls_file)
    write_plans(layout, plans)
    return _job(options, layout, folder), seeds


def _names(options: ScrapeOptions) -> list[str]:
    return [name for given in options.source for name in given.split(",") if name]


def _planned(options: ScrapeOptions, sources: SourceSet) -> tuple[OutputLayout, list[Plan]]:
    now = time.time()
    run_id = options.run_id or _new_run_id(now)
    layout = OutputLayout(options.output, run_id, 1)
    if filesystem.match(f"{layout.run}/attempt-*"):
        raise CannotPrepare(f"run {run_id} exists already under {options.output}; go on with it by --resume {run_id}")
    plans = plan_run(
        sources.values(),
        run_id=run_id,
        started_at=now,
        params=_params(options, sources),
        urls_file=_urls(options, layout),
        limit=options.limit,
        sources_digest=sources.digest,
        git_commit=_git_commit(Path(options.sources)),
    )
    return layout, plans


def _resumed(options: ScrapeOptions) -> tuple[OutputLayout, list[Plan]]:
    try:
        layout, plans = find_run(options.output, options.resume)
    except NothingToResume as error:
        raise CannotPrepare(str(error)) from None
    salvage_archives(layout)
    return layout, plans


def _new_run_id(now: float) -> str:
    return f"{datetime.datetime.fromtimestamp(now, datetime.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def _params(options: ScrapeOptions, sources: SourceSet) -> dict[str, Any]:
    if not options.param:
        return {}
    try:
        given = parse_params(options.param)
    except ValueError as error:
        raise CannotPrepare(f"--param: {error}") from None
    known = {name for loaded in sources.values() if loaded.source.seeds for name in loaded.source.seeds.params or {}}
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f", did you mean {near[0]}?" if near else f"; there is {', '.join(sorted(known)) or 'none'}"
            raise CannotPrepare(f"--param: no source has a parameter {name!r}{hint}")
    return given


def _urls(options: ScrapeOptions, layout: OutputLayout) -> str:
    """Copies the file of URLs beside the plan, so that a resumed run reads the same one."""
    if not options.urls:
        return ""
    if not Path(options.urls).is_file():
        raise CannotPrepare(f"--urls: there is no file {options.urls}")
    copy = f"{layout.run}/urls.txt"
    with filesystem.create(copy) as file:
        file.write(Path(options.urls).read_bytes())
    return copy


def _job(options: ScrapeOptions, layout: OutputLayout, folder: Path) -> Job:
    digest, packed = pack_sources(folder)
    bundle = f"{options.output}/.scrapeline/bundles/{digest}.zip"
    if not filesystem.match(bundle):
        temporary = f"{bundle}.{filesystem.shard_name()}"
        with filesystem.create(temporary) as file:
            file.write(packed)
        filesystem.publish(temporary, bundle)
    local = "://" not in options.output
    return Job(
        output=options.output,
        run_id=layout.run_id,
        attempt=layout.attempt,
        bundle=bundle,
        file_format=FORMATS[options.file_format],
        resolve=tuple(options.resolve),
        progress_folder=options.progress_folder,
        stop_file=options.stop_file or (f"{layout.run}/attempt-{layout.attempt}.stop" if local else ""),
    )


def _git_commit(folder: Path) -> str:
    """The commit of the sources' checkout, with `+changes` when it has some; empty outside of one."""
    try:
        described = subprocess.run(
            ["git", "-C", str(folder), "describe", "--always", "--dirty=+changes", "--abbrev=40", "--exclude=*"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return described.stdout.strip()
