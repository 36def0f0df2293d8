"""What a worker process keeps for a run: its sources, its one fetcher, its tables. Opened once, on first need."""

import atexit
import contextlib
import dataclasses
import functools
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.archive_file import ArchiveFile
from pipelines.counted_rows import CountedRowMaker
from pipelines.crash_counts import tell_crashes
from pipelines.job import Job
from pipelines.leaving import when_left
from pipelines.once_a_process import once_a_process
from pipelines.personal_key import personal_hash_key
from pipelines.plans import read_plans
from pipelines.progress import Progress
from pipelines.stopping import end_with_process
from schemas.bigquery import spec_of
from schemas.dead_letter import DeadLetter
from schemas.dead_letter_table import letter_record
from schemas.page import Page
from schemas.plan import Plan
from schemas.reading import Item, Reading
from schemas.request import Request, RequestSpec
from schemas.row import RowMaker
from schemas.row_batch import RowBatch
from schemas.table import Table
from scrapers.archive.ledger import Ledger
from scrapers.archive.redaction import Redactor
from scrapers.extraction.scraper import reader
from scrapers.extraction.skeleton import Sampling
from scrapers.extraction.unwritten import unwritten_of, without
from scrapers.fetching.attempt_notes import AttemptNotes, open_notes
from scrapers.fetching.fetcher import Fetcher
from scrapers.fetching.settings import FetchSettings, environment_secret
from scrapers.source_files.bundle import unpack_sources
from scrapers.source_files.load import SourceSet, load_sources
from scrapers.source_files.seeds import key_of, plan_specs
from transforms import filesystem
from transforms.bigquery.row_json import load_texts
from transforms.letter_files import LetterFile, open_letter_file
from transforms.row_files import RowFile, open_row_file
from transforms.scrape_batch import HostKey

if TYPE_CHECKING:
    from pipelines.dead_letters.replaying import Replay

__all__ = [
    "AT_END",
    "fetcher",
    "keyed",
    "once_a_process",
    "open_archive",
    "open_letters",
    "open_rows",
    "planned",
    "row_makers",
    "sources",
    "table_of",
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


@once_a_process
def sources(job: Job) -> SourceSet:
    """The sources of the run, from its bundle; mistakes in others of the same folder are none of its business."""
    with filesystem.open_to_read(job.bundle) as file:
        packed = file.read()
    folder = Path(tempfile.gettempdir()) / f"scrapeline-{os.getuid()}"
    return load_sources(unpack_sources(packed, folder), [plan.source for plan in plans(job)])


@once_a_process
def progress(job: Job) -> Progress:
    """The counters of this process."""
    return Progress(job.progress_folder)


@once_a_process
def fetcher(job: Job) -> Fetcher:
    """The fetcher of this process; it is closed at the process's end, so that its browser leaves nothing behind."""
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

    read_page = again.reads(read_redacted) if (again := _replay(job)) else read_redacted
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
    return again.finds(mine) if (again := _replay(job)) else mine


def _replay(job: Job) -> "Replay | None":
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
    if again := _replay(job):
        yield from (keyed(job, spec) for spec in again.specs(plan.execution_id))
        return
    loaded = sources(job)[plan.source]
    urls = _lines(f"{job.layout.run}/{plan.urls_file}") if plan.urls_file else None
    for spec in plan_specs(
        loaded, plan.execution_id, params=plan.params, urls=urls, limit=plan.limit, tick=plan.started_at
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


def row_makers(job: Job) -> Callable[[str, str], CountedRowMaker]:
    """(source, table) -> its row maker."""
    return functools.partial(_row_maker, job)


@once_a_process
def _row_maker(job: Job, source: str, table: str) -> CountedRowMaker:
    loaded = sources(job)[source]
    keep_unknown = loaded.source.unknown_fields == "keep"
    maker = RowMaker(loaded.tables[table], keep_unknown=keep_unknown, hash_key=personal_hash_key())
    return CountedRowMaker(maker, source, progress(job))


def open_rows(job: Job, batch: RowBatch) -> RowFile:
    """The file for a page's rows and those like them."""
    table = table_of(job, batch)
    texts_of = load_texts(spec_of(table).fields) if job.warehouse else None
    return open_row_file(job.layout, table, batch, job.file_format, texts_of)


def table_of(job: Job, batch: RowBatch) -> Table:
    """The table of a page's rows."""
    return _row_maker(job, batch.source, batch.table).table


def open_letters(job: Job, letter: DeadLetter) -> LetterFile:
    """The file for an execution's letters."""
    return open_letter_file(job.layout, letter, job.file_format, functools.partial(_record, job))


def _record(job: Job, letter: DeadLetter) -> dict[str, Any]:
    """A letter as it is kept: without secrets, and with no more of personal values than the table would have."""
    request = letter.request
    if again := _replay(job):
        letter = again.since_first(letter)
    if letter.stage != "write" and (letter.item is not None or request.item is not None):  # a row has no more of them
        keep = functools.partial(_without_personal, job, request)
        letter = dataclasses.replace(
            letter, item=keep(letter.item), request=dataclasses.replace(request, item=keep(request.item))
        )
    version = getattr(sources(job).get(request.source), "digest", "")
    return letter_record(letter, scraper_version=version, redact=redactor(job).redact_text)


def _without_personal(job: Job, request: Request, item: Mapping[str, Any] | None) -> Item | None:
    if item is None:
        return None
    source = sources(job)[request.source].source
    table = source.page_types()[request.page_type].table or source.table or ""
    return _row_maker(job, source.source, table).without_personal(without(item, unwritten_of(source)))


def open_archive(job: Job) -> ArchiveFile:
    """The archive file of one bundle."""
    return ArchiveFile(job.layout, redactor(job))


def secret(job: Job, name: str) -> str:
    """The value of a secret, which from then on is hidden in whatever is kept."""
    value = environment_secret(name)
    redactor(job).add_secret(value)
    return value


@once_a_process
def redactor(job: Job) -> Redactor:
    """Takes the secrets of this process out of what is kept."""
    return Redactor()
