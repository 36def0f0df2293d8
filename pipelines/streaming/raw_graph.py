"""The pipeline of raw output: what scrapers elsewhere have left is read, and landed as pages are."""

import dataclasses
import functools
from collections.abc import Iterable
from typing import Any

import apache_beam as beam

from pipelines import landing, worker
from pipelines.graph import Land, complete, write_executions
from pipelines.job import Job
from pipelines.once_a_process import once_a_process
from schemas.events.arrival import RawOutput
from schemas.execution import Execution
from schemas.plan import Plan
from scrapers.extraction.scraper import reader
from scrapers.extraction.skeleton import Sampling
from scrapers.raw_output.reader import RawReader
from transforms import filesystem
from transforms.letter_files import letter_group
from transforms.output_layout import OutputLayout
from transforms.plan_raw import PlanRaw
from transforms.streaming.read_raw import ReadRaw
from transforms.tags import PLANNED, TALLIES
from transforms.write_files import WriteFiles

__all__ = ["RawJob", "build_raw", "raw_reader"]


@dataclasses.dataclass(frozen=True, slots=True)
class _Layout(OutputLayout):
    """One run of a group.

    Attributes:
      beside: where all of them have their files until they get their final names.
    """

    beside: str

    @property
    def under_construction(self) -> str:
        return self.beside


@dataclasses.dataclass(frozen=True, slots=True)
class RawJob(Job):
    """Executions of several events that are worked on together; each has its files where its own run has them, and
    while they are under construction all stand with the first's: a folder costs as much as a file."""

    def layout_of(self, execution_id: str) -> OutputLayout:
        return _layouts(self)[execution_id]


@once_a_process
def _layouts(job: RawJob) -> dict[str, OutputLayout]:
    plans = [plan for plan, _ in asked(job)]
    beside = OutputLayout(job.output, plans[0].run_id, plans[0].attempt).under_construction
    return {plan.execution_id: _Layout(job.output, plan.run_id, plan.attempt, beside) for plan in plans}


@once_a_process
def asked(job: Job) -> list[tuple[Plan, RawOutput | None]]:
    """The plans of the job, with what they read; given to it."""
    raise LookupError(f"job {job.run_id} was given no plans")


@once_a_process
def ended(job: Job) -> list[Execution]:
    """Takes the executions that have ended; given to the job."""
    raise LookupError(f"job {job.run_id} was given no place for its ends")


@once_a_process
def raw_reader(job: Job) -> RawReader:
    """Reads raw output for the sources of a job."""
    sources = worker.sources(job)
    return RawReader(sources, reader(sources, Sampling()), filesystem.open_to_read)


def build_raw(pipeline: beam.Pipeline, job: Job) -> beam.PCollection[Any]:
    """Wires the pipeline; gives its executions. No stage fetches."""
    planned = pipeline | "Run" >> beam.Create([job.run_id]) | PlanRaw(functools.partial(_asked, job))
    scraped = planned.raw | ReadRaw(functools.partial(raw_reader, job))
    rows, letters, tallies = scraped | "Land" >> Land(job)
    written = letters | "WriteDeadLetters" >> WriteFiles(letter_group, functools.partial(landing.open_letters, job))
    parts = (planned[PLANNED], planned[TALLIES], rows, tallies, written)
    executions = parts | "Parts" >> beam.Flatten() | complete(job)
    if job.warehouse is not None:  # in a folder, the executions of a job share a file, which is written behind the run
        executions |= "WriteExecutions" >> beam.ParDo(write_executions(job))
    return executions | "Tell" >> beam.Map(functools.partial(_tell, job))


def _asked(job: Job, _run: str) -> Iterable[tuple[Plan, RawOutput | None]]:
    return asked(job)


def _tell(job: Job, execution: Execution) -> str:
    ended(job).append(execution)
    return execution.execution_id
