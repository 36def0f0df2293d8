"""What the writers of a warehouse must know of a run's sources."""

import functools
from collections.abc import Mapping
from typing import Any

from pipelines import landing, worker
from pipelines.job import Job
from schemas.bigquery import TableSpec, spec_of
from schemas.dead_letter import DeadLetter
from schemas.dead_letter_table import letter_record
from transforms.bigquery.publish import Target

__all__ = ["target"]


def target(job: Job) -> Target:
    """Where the records of a run go; it has a warehouse."""
    assert job.warehouse is not None
    return Target(
        job.warehouse,
        tables=functools.partial(_tables, job),
        letter_record=functools.partial(_letter_record, job),
        page_type=functools.partial(_page_type, job),
    )


@worker.once_a_process
def _tables(job: Job, source: str) -> Mapping[str, TableSpec]:
    make = landing.row_makers(job)
    return {name: spec_of(make(source, name).table) for name in worker.sources(job)[source].tables}


def _letter_record(job: Job, letter: DeadLetter) -> dict[str, Any]:
    return letter_record(letter, redact=worker.redactor(job).redact_text)


def _page_type(job: Job, source: str, table: str) -> str:
    """The kind of page whose items a table takes; empty where there are several."""
    types = worker.sources(job)[source].source.page_types()
    kinds = [name for name, page in types.items() if page.table == table]
    return kinds[0] if len(kinds) == 1 else ""
