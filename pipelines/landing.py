"""What a worker opens to keep what pages came to: rows, dead letters, archive."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

from pipelines import worker
from pipelines.archive_file import ArchiveFile
from pipelines.counted_rows import CountedRowMaker
from pipelines.job import Job
from pipelines.personal_key import personal_hash_key
from schemas.bigquery import spec_of
from schemas.dead_letter import DeadLetter
from schemas.dead_letter_table import letter_record
from schemas.reading import Item
from schemas.request import Request
from schemas.row import RowMaker
from schemas.row_batch import RowBatch
from schemas.table import Table
from scrapers.extraction.unwritten import unwritten_of, without
from transforms.bigquery.row_json import load_texts
from transforms.letter_files import LetterFile, open_letter_file
from transforms.row_files import RowFile, open_row_file

__all__ = ["open_archive", "open_letters", "open_rows", "row_makers", "table_of"]


def row_makers(job: Job) -> Callable[[str, str], CountedRowMaker]:
    """(source, table) -> its row maker."""
    return functools.partial(_row_maker, job)


@worker.once_a_process
def _row_maker(job: Job, source: str, table: str) -> CountedRowMaker:
    loaded = worker.sources(job)[source]
    keep_unknown = loaded.source.unknown_fields == "keep"
    maker = RowMaker(loaded.tables[table], keep_unknown=keep_unknown, hash_key=personal_hash_key())
    return CountedRowMaker(maker, source, worker.progress(job))


def open_rows(job: Job, batch: RowBatch) -> RowFile:
    """The file for a page's rows and those like them."""
    table = table_of(job, batch)
    texts_of = load_texts(spec_of(table).fields) if job.warehouse else None
    return open_row_file(job.layout_of(batch.execution_id), table, batch, job.file_format, texts_of)


def table_of(job: Job, batch: RowBatch) -> Table:
    """The table of a page's rows."""
    return _row_maker(job, batch.source, batch.table).table


def open_letters(job: Job, letter: DeadLetter) -> LetterFile:
    """The file for an execution's letters."""
    return open_letter_file(
        job.layout_of(letter.request.execution_id), letter, job.file_format, functools.partial(_record, job)
    )


def _record(job: Job, letter: DeadLetter) -> dict[str, Any]:
    """A letter as it is kept: without secrets, and with no more of personal values than the table would have."""
    request = letter.request
    if again := worker.replaying(job):
        letter = again.since_first(letter)
    if letter.stage != "write" and (letter.item is not None or request.item is not None):  # a row has no more of them
        keep = functools.partial(_without_personal, job, request)
        letter = dataclasses.replace(
            letter, item=keep(letter.item), request=dataclasses.replace(request, item=keep(request.item))
        )
    version = getattr(worker.sources(job).get(request.source), "digest", "")
    return letter_record(letter, scraper_version=version, redact=worker.redactor(job).redact_text)


def _without_personal(job: Job, request: Request, item: Mapping[str, Any] | None) -> Item | None:
    if item is None:
        return None
    loaded = worker.sources(job).get(request.source)
    page_type = loaded.source.page_types().get(request.page_type) if loaded else None
    if loaded is None or page_type is None:  # gone from the sources: nobody knows what of it is personal
        return None
    source = loaded.source
    table = page_type.table or source.table or ""
    return _row_maker(job, source.source, table).without_personal(without(item, unwritten_of(source)))


def open_archive(job: Job) -> ArchiveFile:
    """The archive file of one bundle."""
    return ArchiveFile(job.layout, worker.redactor(job))
