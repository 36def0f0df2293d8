"""Brings what an execution has written to where it stays: the output folder, or the warehouse."""

from pipelines.job import Job
from schemas.execution import Execution
from schemas.plan import Plan
from schemas.written import Published, Written
from transforms.letter_files import write_execution
from transforms.publish import duplicates_in, publish_execution

__all__ = ["count", "publish", "write_execution_row"]


def count(job: Job, files: list[Written]) -> Published:
    """What publishing these files will come to, where nothing is asked of a table: not for `bigquery_method: load`."""
    return Published(duplicates_in(files)) if job.warehouse is None else Published()


def publish(job: Job, plan: Plan, files: list[Written]) -> Published:
    """Publishes rows and letters; to repeat it gives the same."""
    layout = job.layout_of(plan.execution_id)
    if job.warehouse is None:
        return publish_execution(layout, plan, files)
    from pipelines.warehouse_target import target  # Google's client takes its time to import

    if job.bigquery_method == "load":
        from transforms.bigquery.publish import publish_execution_to

        return publish_execution_to(target(job), layout, plan, files)
    from transforms.bigquery.insert_rows import publish_the_rest

    return publish_the_rest(target(job), layout, plan, files)


def write_execution_row(job: Job, execution: Execution) -> Execution:
    """Writes the row of an execution, the last thing of it; to repeat it leaves the first one."""
    layout = job.layout_of(execution.execution_id)
    if job.warehouse is None:
        return write_execution(layout, execution, job.file_format)
    from pipelines.warehouse_target import target
    from transforms.bigquery.publish import write_execution_to

    return write_execution_to(target(job), layout, execution)
