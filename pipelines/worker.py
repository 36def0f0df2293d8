"""What a worker process keeps for a run: its sources, its one fetcher, its tables. Opened once, on first need."""

import functools
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ParamSpec, TypeVar

from pipelines.archive_file import ArchiveFile
from pipelines.job import Job
from pipelines.plans import read_plans
from pipelines.progress import Progress
from pipelines.stopping import end_with_process
from schemas.dead_letter import DeadLetter
from schemas.plan import Plan
from schemas.reading import FieldProblem, Item
from schemas.reasons import Dead
from schemas.request import RequestSpec
from schemas.row import Accepted, RowMaker
from schemas.row_batch import RowBatch
from scrapers.archive.ledger import Ledger
from scrapers.archive.redaction import Redactor
from scrapers.extraction.scraper import reader
from scrapers.fetching.fetcher import Fetcher
from scrapers.fetching.settings import FetchSettings, environment_secret
from scrapers.source_files.bundle import unpack_sources
from scrapers.source_files.load import SourceSet, load_sources
from scrapers.source_files.seeds import key_of, plan_specs
from transforms import filesystem
from transforms.letter_files import LetterFile, open_letter_file
from transforms.row_files import RowFile, open_row_file
from transforms.scrape_batch import HostKey

__all__ = ["fetcher", "keyed", "open_archive", "open_letters", "open_rows", "planned", "row_makers", "sources"]

P = ParamSpec("P")
T = TypeVar("T")
_LOCK = threading.RLock()


def once_a_process(make: Callable[P, T]) -> Callable[P, T]:
    """Makes a thing once for each argument; the harness calls DoFns from several threads, so the others wait."""
    made = functools.cache(make)

    @functools.wraps(make)
    def get(*args: P.args, **kwargs: P.kwargs) -> T:
        with _LOCK:
            return made(*args, **kwargs)  # type: ignore[arg-type]

    return get


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
    """The fetcher of this process; it ends with the process."""
    settings = FetchSettings(
        resolve=job.resolve,
        secrets=functools.partial(secret, job),
        stop=Path(job.stop_file) if job.stop_file else None,
        ledger=ledger(job).find if job.attempt > 1 else None,
    )
    made = Fetcher(sources(job), reader(sources(job)), settings=settings)
    progress(job).follow(made.progress)
    return made


@once_a_process
def ledger(job: Job) -> Ledger:
    """What earlier attempts of the run have archived."""
    return Ledger(filesystem.match(f"{job.layout.archive}/{job.run_id}-a*.warc.gz"), filesystem.open_to_read)


def planned(job: Job, _run: str) -> Iterator[tuple[Plan, Iterator[tuple[HostKey, RequestSpec]]]]:
    """The plans of the attempt, each with its specs by host."""
    for plan in plans(job):
        yield plan, _specs(job, plan)


def _specs(job: Job, plan: Plan) -> Iterator[tuple[HostKey, RequestSpec]]:
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


class CountedRowMaker:
    """A row maker that tells the console what it accepts and refuses."""

    def __init__(self, maker: RowMaker, source: str, counters: Progress) -> None:
        self.table = maker.table
        self._maker = maker
        self._source = source
        self._counters = counters

    def accept(self, items: list[Item], problems: dict[int, list[FieldProblem]]) -> Accepted:
        accepted = self._maker.accept(items, problems)
        self._counters.count(self._source, "rows", len(accepted.rows))
        if accepted.refused:
            self._counters.count(self._source, f"dead:{Dead.INVALID_ITEM}", len(accepted.refused))
        return accepted

    def without_personal(self, item: Item) -> Item:
        return self._maker.without_personal(item)


def row_makers(job: Job) -> Callable[[str, str], CountedRowMaker]:
    """(source, table) -> its row maker."""
    return functools.partial(_row_maker, job)


@once_a_process
def _row_maker(job: Job, source: str, table: str) -> CountedRowMaker:
    loaded = sources(job)[source]
    keep_unknown = loaded.source.unknown_fields == "keep"
    return CountedRowMaker(RowMaker(loaded.tables[table], keep_unknown=keep_unknown), source, progress(job))


def open_rows(job: Job, batch: RowBatch) -> RowFile:
    """The file for a page's rows and those like them."""
    return open_row_file(job.layout, _row_maker(job, batch.source, batch.table).table, batch, job.file_format)


def open_letters(job: Job, letter: DeadLetter) -> LetterFile:
    """The file for an execution's letters."""
    return open_letter_file(job.layout, letter, job.file_format, redactor(job).redact_text)


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
