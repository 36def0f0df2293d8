"""Reads what a run left behind."""

import posixpath
from typing import Any

from pipelines.job import Job
from pipelines.letter_examples import letter_examples
from pipelines.plans import read_plans
from pipelines.stored_records import read_records
from transforms import filesystem

__all__ = ["read_executions"]


def read_executions(job: Job) -> list[dict[str, Any]]:
    """The execution rows of this attempt, in the order of its plan, each with `letter_examples`.

    What went to a warehouse stands in the run's own folder as well, until that is cleaned up.
    """
    files = [job.layout.executions_file(plan.execution_id, job.file_format) for plan in read_plans(job.layout)]
    if job.warehouse:
        files = [job.layout.temporary(file) for file in files]
    executions = [execution for file in files for execution in read_records(file)]
    for execution in executions:
        failed = execution["dead_letters"]
        execution["letter_examples"] = letter_examples(_letter_files(job, execution)) if failed else []
    return executions


def _letter_files(job: Job, execution: dict[str, Any]) -> list[str]:
    if job.warehouse is None:
        return filesystem.match(job.layout.dead_letters, f"{execution['execution_id']}-*.{job.file_format}")
    final = posixpath.join(job.layout.dead_letters, f"{execution['execution_id']}-*.{job.file_format}")
    return filesystem.match(job.layout.under_construction, posixpath.basename(job.layout.temporary(final)))
