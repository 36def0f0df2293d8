"""Reads what a run left behind."""

from typing import Any

from pipelines.job import Job
from pipelines.letter_examples import letter_examples
from pipelines.plans import read_plans
from pipelines.stored_records import read_records

__all__ = ["read_executions"]


def read_executions(job: Job) -> list[dict[str, Any]]:
    """The execution rows of this attempt, in the order of its plan, each with `letter_examples`."""
    files = [job.layout.executions_file(plan.execution_id, job.file_format) for plan in read_plans(job.layout)]
    executions = [execution for file in files for execution in read_records(file)]
    for execution in executions:
        failed = execution["dead_letters"]
        examples = letter_examples(job.layout, execution["execution_id"], job.file_format) if failed else []
        execution["letter_examples"] = examples
    return executions
