"""Reads what a run left behind."""

from typing import Any

import pyarrow.parquet as pq

from pipelines.job import Job
from pipelines.letter_examples import letter_examples
from pipelines.plans import read_plans
from transforms import filesystem

__all__ = ["read_executions"]


def read_executions(job: Job) -> list[dict[str, Any]]:
    """The execution rows of this attempt, in the order of its plan, each with `letter_examples`."""
    executions = []
    for plan in read_plans(job.layout):
        path = job.layout.executions_file(plan.execution_id, job.file_format)
        with filesystem.open_to_read(path) as file:
            if job.file_format == "parquet":
                executions += pq.read_table(file).to_pylist()
            else:
                import orjson

                executions += [orjson.loads(line) for line in file]
    for execution in executions:
        failed = execution["dead_letters"]
        examples = letter_examples(job.layout, execution["execution_id"], job.file_format) if failed else []
        execution["letter_examples"] = examples
    return executions
