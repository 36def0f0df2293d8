"""The batch pipeline that parses an archive again: behind the parse, the stages are those of a scrape."""

import dataclasses
import functools
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam

from pipelines import landing, worker
from pipelines.graph import Land, complete, write_executions
from pipelines.job import Job
from schemas.outcome import Scraped
from scrapers.archive.warc_reader import BrokenRecord, read_pages
from scrapers.extraction.scraper import reader
from scrapers.extraction.skeleton import Sampling
from scrapers.reparse.course import ReparseFile, broken_letter
from scrapers.reparse.foreign import ForeignPages
from scrapers.reparse.page_index import PageIndex
from transforms import filesystem
from transforms.letter_files import letter_group
from transforms.output_layout import OutputLayout
from transforms.reparse_files import ReadAgain, ReparseFiles
from transforms.write_files import WriteFiles

__all__ = ["build_reparse", "remove_index", "write_index"]

Owner = tuple[str, str] | None
"""(source, archived execution) that answers for a file's broken records; ("", ""): whichever comes first."""


def build_reparse(
    pipeline: beam.Pipeline, job: Job, paths: Sequence[str], archive_path: str = "archive"
) -> beam.PCollection[Any]:
    """Wires the pipeline; gives its executions. No stage fetches.

    Args:
      paths: the WARC files.
      archive_path: of their folder, as the executions name it.
    """
    scraped = pipeline | "Files" >> beam.Create(list(paths)) | ReparseFiles(functools.partial(open_reader, job))
    rows, letters, tallies = scraped | "Land" >> Land(job)
    written = letters | "WriteDeadLetters" >> WriteFiles(letter_group, functools.partial(landing.open_letters, job))
    plans = [(plan.execution_id, plan) for plan in worker.plans(job)]
    parts = (pipeline | "Plans" >> beam.Create(plans), rows, tallies, written)
    executions = parts | "Parts" >> beam.Flatten() | complete(job)
    executions |= "NameArchive" >> beam.Map(dataclasses.replace, archive_path=archive_path)
    return executions | "WriteExecutions" >> beam.ParDo(write_executions(job))


def write_index(job: Job, index: Path, owners: dict[str, Owner], foreign: ForeignPages | None) -> None:
    """Writes what the workers must know of the archive beside the plan.

    Args:
      index: folder of the index's files.
      owners: path of each WARC file -> who answers for its broken records.
    """
    for path in sorted(index.iterdir()):
        with path.open("rb") as source, filesystem.create(f"{job.layout.run}/index/{path.name}") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    told = {"owners": owners, "foreign": foreign and dataclasses.asdict(foreign) | {"domains": list(foreign.domains)}}
    filesystem.write_whole(f"{job.layout.run}/index/archive.json", json.dumps(told).encode())


def remove_index(layout: OutputLayout) -> None:
    """Removes what `write_index` wrote."""
    filesystem.remove(filesystem.match(f"{layout.run}/index", "*"))


def open_reader(job: Job) -> ReadAgain:
    """Reads the files of the archive in this process."""
    return functools.partial(_read_again, job)


@worker.once_a_process
def _archive(job: Job) -> tuple[dict[str, list[str] | None], ForeignPages | None]:
    """Who answers for each file, and which pages of other tools are taken."""
    with filesystem.open_to_read(f"{job.layout.run}/index/archive.json") as file:
        told = json.load(file)
    foreign = told["foreign"]
    return told["owners"], foreign and ForeignPages(**foreign | {"domains": frozenset(foreign["domains"])})


@worker.once_a_process
def _index(job: Job) -> PageIndex:
    folder = f"{job.layout.run}/index"
    paths = list(_archive(job)[0])
    if filesystem.is_local(folder):
        return PageIndex(paths, Path(folder), filesystem.open_to_read)
    here = Path(worker.AT_END.enter_context(tempfile.TemporaryDirectory(prefix="scrapeline-index-")))
    for path in filesystem.match(folder, "*"):
        with filesystem.open_to_read(path) as source, (here / path.rpartition("/")[2]).open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    return PageIndex(paths, here, filesystem.open_to_read)


def _read_again(job: Job, path: str) -> Iterator[Scraped]:
    new_ids = {(plan.source, plan.reparse_of): plan.execution_id for plan in worker.plans(job)}
    sources = worker.sources(job)
    reparse = ReparseFile(sources, reader(sources, Sampling()), _index(job), path, lambda *old: new_ids[old])
    owners, foreign = _archive(job)
    owner = owners[path]
    with filesystem.open_to_read(path) as stream:
        for found in read_pages(stream, path.rpartition("/")[2]):
            if not isinstance(found, BrokenRecord):
                if foreign is not None:
                    foreign.adopt(found)
                yield from reparse.page(found)
            elif owner is not None:
                source, old = owner if owner[0] else next(iter(new_ids))
                yield broken_letter(found, source, new_ids[source, old])
