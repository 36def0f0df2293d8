"""The file of the execution log that executions of several events share: a file for each costs as much as its rows.

It is there with all of its rows or not at all, and then those events have ended; their plans name it (`Plan.log`).
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.plans import read_plans
from pipelines.stored_records import read_records
from transforms import filesystem
from transforms.letter_files import write_executions
from transforms.output_layout import OutputLayout

__all__ = ["row_in_log", "write_log"]


def write_log(layout: OutputLayout, log: str, records: Sequence[Mapping[str, Any]]) -> None:
    """Writes the rows of executions that ended together.

    Args:
      layout: of one of them; the file stands there meanwhile.
      log: name of the file.
      records: as `Execution.record` gives them.
    """
    write_executions(layout, f"{layout.executions}/{log}", records)


def row_in_log(layout: OutputLayout) -> dict[str, Any] | None:
    """The row that an earlier attempt has in a shared file: it died when all but its marks was written.

    Args:
      layout: of the attempt that begins.
    """
    for attempt in range(1, layout.attempt):
        [plan] = read_plans(dataclasses.replace(layout, attempt=attempt))
        path = f"{layout.executions}/{plan.log}"
        if plan.log and filesystem.exists(path):
            for record in read_records(path):
                if record["execution_id"] == plan.execution_id:
                    return record
    return None
