"""The batch pipeline that parses an archive again: behind the parse, the stages are those of a scrape."""

import functools
import json
from collections.abc import Iterator, Sequence
from typing import Any

import apache_beam as beam

from pipelines import worker
from pipelines.graph import Land
from pipelines.job import Job
from schemas.outcome import Scraped
from scrapers.archive.warc_reader import BrokenRecord, read_pages
from scrapers.extraction.scraper import reader
from scrapers.reparse.course import ReparseFile, broken_letter
from scrapers.reparse.page_index import PageIndex
from transforms import filesystem
from transforms.complete import Complete
from transforms.letter_files import letter_group, write_execution
from transforms.publish import publish_execution
from transforms.reparse_files import ReadAgain, ReparseFiles
from transforms.write_files import WriteFiles

__all__ = ["build_reparse", "write_index"]

Owner = tuple[str, str] | None
"""(source, archived execution) that answers for a file's broken records; ("", ""): whichever comes first."""


def build_reparse(pipeline: beam.Pipeline, job: Job, paths: Sequence[str]) -> beam.PCollection[Any]:
    """Wires the pipeline; gives its executions. No stage fetches.

    Args:
      paths: the WARC files.
    """
    scraped = pipeline | "Files" >> beam.Create(list(paths)) | ReparseFiles(functools.partial(open_reader, job))
    rows, letters, tallies = scraped | "Land" >> Land(job)
    written = letters | "WriteDeadLetters" >> WriteFiles(letter_group, functools.partial(worker.open_letters, job))
    plans = [(plan.execution_id, plan) for plan in worker.plans(job)]
    parts = (pipeline | "Plans" >> beam.Create(plans), rows, tallies, written)
    executions = parts | "Parts" >> beam.Flatten() | Complete(functools.partial(publish_execution, job.layout))
    write = functools.partial(write_execution, job.layout, extension=job.file_format)
    return executions | "WriteExecutions" >> beam.Map(write)


def write_index(job: Job, index: PageIndex, owners: dict[str, Owner]) -> None:
    """Writes what the workers must know of the archive beside the plan."""
    filesystem.write_whole(f"{job.layout.run}/index.npz", index.to_bytes())
    filesystem.write_whole(f"{job.layout.run}/owners.json", json.dumps(owners).encode())


def open_reader(job: Job) -> ReadAgain:
    """Reads the files of the archive in this process."""
    return functools.partial(_read_again, job)


@worker.once_a_process
def _index(job: Job) -> PageIndex:
    with filesystem.open_to_read(f"{job.layout.run}/index.npz") as file:
        return PageIndex.from_bytes(file.read(), filesystem.open_to_read)


@worker.once_a_process
def _owners(job: Job) -> dict[str, list[str] | None]:
    with filesystem.open_to_read(f"{job.layout.run}/owners.json") as file:
        owners: dict[str, list[str] | None] = json.load(file)
        return owners


def _read_again(job: Job, path: str) -> Iterator[Scraped]:
    new_ids = {(plan.source, plan.reparse_of): plan.execution_id for plan in worker.plans(job)}
    sources = worker.sources(job)
    reparse = ReparseFile(sources, reader(sources), _index(job), path, lambda *old: new_ids[old])
    owner = _owners(job)[path]
    with filesystem.open_to_read(path) as stream:
        for found in read_pages(stream, path.rpartition("/")[2]):
            if not isinstance(found, BrokenRecord):
                yield from reparse.page(found)
            elif owner is not None:
                source, old = owner if owner[0] else next(iter(new_ids))
                yield broken_letter(found, source, new_ids[source, old])
