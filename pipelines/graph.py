"""The batch pipeline, stage by stage."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import apache_beam as beam

from pipelines import landing, worker
from pipelines.job import Job
from pipelines.publishing import publish, write_execution_row
from transforms.archive_pages import ArchivePages
from transforms.complete import Complete
from transforms.fetch_modes import keep_fetch_modes
from transforms.letter_files import letter_group
from transforms.link_replays import LinkReplays
from transforms.plan_requests import PlanRequests
from transforms.row_files import row_group
from transforms.scrape_batch import ScrapeBatch
from transforms.side_by_side import SideBySideFn
from transforms.tags import DEAD_LETTERS, ONWARD, PLANNED, TALLIES
from transforms.validate_items import LeaveOut, ValidateItems
from transforms.write_files import WriteFiles

__all__ = ["Land", "build_batch", "complete", "write_executions"]


def build_batch(pipeline: beam.Pipeline, job: Job) -> beam.PCollection[Any]:
    """Wires the pipeline of one run; gives its executions.

    Pages are landed (archived, validated, written) right behind the fetch that got them, once for each round: merging
    the rounds first would carry every body through a shuffle.
    """
    open_fetcher = functools.partial(worker.fetcher, job)
    planned = pipeline | "Run" >> beam.Create([job.run_id]) | PlanRequests(functools.partial(worker.planned, job))

    first = planned.specs | "Scrape" >> ScrapeBatch(open_fetcher)
    rows, letters, tallies = first.scraped | "Land" >> Land(job)

    onward = first[ONWARD] | "KeyOnward" >> beam.Map(functools.partial(worker.keyed, job))
    second = onward | "ScrapeOnward" >> ScrapeBatch(open_fetcher, onward=False)
    more_rows, more_letters, more_tallies = second.scraped | "LandOnward" >> Land(job)

    dead_letters = (letters, more_letters) | "DeadLetters" >> beam.Flatten()
    written_letters = dead_letters | "WriteDeadLetters" >> WriteFiles(
        letter_group, functools.partial(landing.open_letters, job)
    )
    parts = (planned[PLANNED], planned[TALLIES], rows, more_rows, tallies, more_tallies, written_letters)
    executions = parts | "Parts" >> beam.Flatten() | complete(job)
    if not job.replays:
        executions | "KeepFetchModes" >> beam.Map(functools.partial(keep_fetch_modes, job.output))
    closed = executions | "WriteExecutions" >> beam.ParDo(write_executions(job))
    if job.replays:
        (first.scraped, second.scraped, closed) | link_replays(job)
    return closed


def leave_out(job: Job) -> Callable[[], LeaveOut] | None:
    """Opens what takes out rows that are there already; None when the run is no replay."""
    if not job.replays:
        return None
    from pipelines.dead_letters import at_work

    return functools.partial(at_work.leave_out, job)


def link_replays(job: Job) -> LinkReplays:
    """Tells of each dead letter that was sent back what became of it."""
    from pipelines.dead_letters import at_work

    return LinkReplays(functools.partial(at_work.ended, job), functools.partial(at_work.link, job))


def complete(job: Job) -> Complete:
    """Closes executions when their rows and letters stand where the run's output is, folder or warehouse."""
    return Complete(functools.partial(publish, job), at_once=_at_once(job))


def write_executions(job: Job) -> SideBySideFn:
    """Writes execution rows there, the last thing of each execution."""
    return SideBySideFn(functools.partial(write_execution_row, job), _at_once(job))


def _at_once(job: Job) -> int:
    """Executions that are closed side by side."""
    if job.warehouse is None:
        return 1
    from transforms.bigquery.publish import AT_ONCE  # Google's client takes its time to import

    return AT_ONCE


@dataclasses.dataclass(eq=False)
class Land(beam.PTransform[Any, Any]):
    """PCollection[Scraped] -> (written rows: PCollection[(execution_id, Written)], dead_letters, tallies).

    Args:
      job: the run.
    """

    job: Job

    def expand(self, scraped: beam.PCollection[Any]) -> Any:
        archived = scraped | ArchivePages(functools.partial(landing.open_archive, self.job))
        validated = archived | ValidateItems(functools.partial(landing.row_makers, self.job), leave_out(self.job))
        if self.job.warehouse and self.job.bigquery_method != "load":
            return self._at_once(validated)
        written = validated.rows | "WriteRows" >> WriteFiles(row_group, functools.partial(landing.open_rows, self.job))
        return written, validated[DEAD_LETTERS], validated[TALLIES]

    def _at_once(self, validated: Any) -> Any:
        """Rows get into the warehouse while the run goes on, and those that it refuses are letters like others."""
        from transforms.bigquery.insert_rows import InsertRows

        insert = InsertRows(self.job.warehouse, functools.partial(landing.table_of, self.job), self.job.bigquery_method)
        written = validated.rows | "InsertRows" >> insert
        letters = (validated[DEAD_LETTERS], written[DEAD_LETTERS]) | "WithRefused" >> beam.Flatten()
        tallies = (validated[TALLIES], written[TALLIES]) | "WithTheirTallies" >> beam.Flatten()
        return written.written, letters, tallies
