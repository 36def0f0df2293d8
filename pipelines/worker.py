"""What a worker process keeps for a run: its sources, its one fetcher, its tables. Opened once, on first need."""

import atexit
import contextlib
import functools
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.crash_counts import tell_crashes
from pipelines.engines.job import StreamJob
from pipelines.job import Job
from pipelines.leaving import when_left
from pipelines.once_a_process import once_a_process
from pipelines.plans import read_plans
from pipelines.progress import Progress
from pipelines.stopping import end_with_process
from schemas.page import Page
from schemas.plan import Plan
from schemas.reading import Reading
from schemas.request import Request, RequestSpec
from scrapers.archive.ledger import Ledger
from scrapers.archive.redaction import Redactor
from scrapers.extraction.scraper import reader
from scrapers.extraction.skeleton import Sampling
from scrapers.fetching.attempt_notes import AttemptNotes, open_notes
from scrapers.fetching.fetcher import Fetcher
from scrapers.fetching.settings import FetchSettings, environment_secret
from scrapers.source_files.bundle import unpack_sources
from scrapers.source_files.load import SourceSet, load_sources
from scrapers.source_files.seeds import key_of, plan_specs
from transforms import filesystem
from transforms.scrape_batch import HostKey

if TYPE_CHECKING:
    from pipelines.dead_letters.replaying import Replay
    from pipelines.streaming.generation import Generation

__all__ = [
    "AT_END",
    "fetcher",
    "keyed",
    "once_a_process",
    "planned",
    "progress",
    "redactor",
    "replaying",
    "sources",
]

AT_END = contextlib.ExitStack()
"""What is closed when the process ends in order."""

atexit.register(AT_END.close)


@once_a_process
def plans(job: Job) -> list[Plan]:
    """The plans of the attempt."""
    if job.pid not in (0, os.getpid()):
        end_with_process(job.pid)
    return read_plans(job.layout)


def _of_stream(job: StreamJob) -> "Generation":
    """What the process keeps of all sources: a stream has no plan that would name some."""
    from pipelines.engines.at_work import generation

    return generation(job)


@once_a_process
def sources(job: Job) -> SourceSet:
    """The sources of the run, from its bundle; mistakes in others of the same folder are none of its business."""
    if isinstance(job, StreamJob):
        return _of_stream(job).sources
    with filesystem.open_to_read(job.bundle) as file:
        packed = file.read()
    folder = Path(tempfile.gettempdir()) / f"scrapeline-{os.getuid()}"
    return load_sources(unpack_sources(packed, folder), [plan.source for plan in plans(job)])


@once_a_process
def progress(job: Job) -> Progress:
    """The counters of this process."""
    if isinstance(job, StreamJob):
        return _of_stream(job).progress
    return Progress(job.progress_folder)


@once_a_process
def fetcher(job: Job) -> Fetcher:
    """The fetcher of this process; it is closed at the process's end, so that its browser leaves nothing behind."""
    if isinstance(job, StreamJob):
        return _of_stream(job).fetcher
    settings = FetchSettings(
        resolve=job.resolve,
        secrets=functools.partial(secret, job),
        hide=redactor(job).add_secret,
        stop=Path(job.stop_file) if job.stop_file else None,
        ledger=_archived(job),
        browser=job.browser,
        notes=notes(job),
        auto_hints={(plan.source, name): mode for plan in plans(job) for name, mode in plan.auto_modes.items()},
    )
    read, redact = reader(sources(job), Sampling()), redactor(job).redact_page

    def read_redacted(page: Page) -> Reading:
        redact(page)
        return read(page)

    read_page = again.reads(read_redacted) if (again := replaying(job)) else read_redacted
    made = Fetcher(sources(job), read_page, settings=settings)
    progress(job).follow(made.progress)
    AT_END.callback(made.close)
    return made


@once_a_process
def notes(job: Job) -> AttemptNotes:
    """What this process is at work on; what dead ones were is told to who starts the attempts of the run."""
    made = open_notes(Path(job.notes_folder))
    when_left(made.close)
    AT_END.callback(made.close)
    tell_crashes(job.progress_folder, made.crashes)
    return made


@once_a_process
def ledger(job: Job) -> Ledger:
    """What earlier attempts of the run have archived."""
    return Ledger(filesystem.match(job.layout.archive, f"{job.run_id}-a*.warc.gz"), filesystem.open_to_read)


def _archived(job: Job) -> Callable[[Request], Page | None] | None:
    """What answers a request without a network: earlier attempts' pages, and those that a replay parses again."""
    mine = ledger(job).find if job.attempt > 1 else None
    return again.finds(mine) if (again := replaying(job)) else mine


def replaying(job: Job) -> "Replay | None":
    """What this process knows of the dead letters that the run replays; None when it is no replay."""
    if not job.replays:
        return None
    from pipelines.dead_letters.at_work import replay

    return replay(job)


def planned(job: Job, _run: str) -> Iterator[tuple[Plan, Iterator[tuple[HostKey, RequestSpec]]]]:
    """The plans of the attempt, each with its specs by host."""
    for plan in plans(job):
        yield plan, _specs(job, plan)


def _specs(job: Job, plan: Plan) -> Iterator[tuple[HostKey, RequestSpec]]:
    if again := replaying(job):
        yield from (keyed(job, spec) for spec in again.specs(plan.execution_id))
        return
    loaded = sources(job)[plan.source]
    urls = _lines(f"{job.layout.run}/{plan.urls_file}") if plan.urls_file else None
    for spec in plan_specs(
        loaded,
        plan.execution_id,
        params=plan.params,
        urls=urls,
        limit=plan.limit,
        tick=plan.started_at,
        deadline_at=plan.deadline_at,
    ):
        yield keyed(job, spec)


def _lines(path: str) -> Iterator[str]:
    with filesystem.open_to_read(path) as file:
        for line in file:
            text = line.decode("utf-8").strip()
            if text and not text.startswith("#"):
                yield text


def keyed(job: Job, spec: RequestSpec) -> tuple[HostKey, RequestSpec]:
    """A spec with the host that it is for."""
    return key_of(spec, sources(job)[spec.source]), spec


def secret(job: Job, name: str) -> str:
    """The value of a secret, which from then on is hidden in whatever is kept."""
    value = environment_secret(name)
    redactor(job).add_secret(value)
    return value


@once_a_process
def redactor(job: Job) -> Redactor:
    """Takes the secrets of this process out of what is kept."""
    if isinstance(job, StreamJob):
        return _of_stream(job).redactor
    return Redactor()
