"""Dead letters of one execution, and execution rows, in files."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.dead_letter import DeadLetter
from schemas.dead_letter_table import DEAD_LETTER_SCHEMA, letter_record
from schemas.execution import EXECUTION_SCHEMA, Execution
from schemas.json_lines import write_json_lines
from schemas.written import Written
from transforms import filesystem
from transforms.arrow_file import ArrowFile
from transforms.output_layout import OutputLayout

__all__ = ["LetterFile", "letter_group", "open_letter_file", "write_execution", "write_executions"]

LETTERS_IN_MEMORY = 500

ToRecord = Callable[[DeadLetter], dict[str, Any]]


def letter_group(letter: DeadLetter) -> str:
    """What has a file of its own: an execution."""
    return letter.request.execution_id


def open_letter_file(
    layout: OutputLayout, letter: DeadLetter, extension: str, to_record: ToRecord = letter_record
) -> "LetterFile":
    """Opens the file of a letter's execution.

    Args:
      extension: `parquet` or `jsonl`.
      to_record: a letter's values as DEAD_LETTER_SCHEMA stores them, without what nobody may read.
    """
    execution_id = letter_group(letter)
    final = layout.dead_letters_file(execution_id, filesystem.shard_name(), extension)
    return LetterFile(execution_id, layout.temporary(final), final, to_record)


class LetterFile:
    """Collects letters and writes LETTERS_IN_MEMORY of them at a time."""

    def __init__(self, execution_id: str, temporary: str, final: str, to_record: ToRecord = letter_record) -> None:
        self._execution_id = execution_id
        self._file = ArrowFile(temporary, is_parquet=final.endswith(".parquet"))
        self._to_record = to_record
        self._letters: list[DeadLetter] = []
        self._written = Written("dead_letters", "dead_letters", temporary, final, 0)

    def add(self, letter: DeadLetter) -> None:
        """Takes a letter."""
        self._letters.append(letter)
        if len(self._letters) >= LETTERS_IN_MEMORY:
            self._flush()

    def flush_old(self) -> None:
        """Writes all letters: they are few, and what is wrong with a run should be seen while it goes on."""
        self._flush()

    def close(self) -> tuple[str, Written]:
        """Ends the file: (execution_id, what was written)."""
        self._flush()
        self._file.close()
        return self._execution_id, self._written

    def _flush(self) -> None:
        if self._letters:
            records = [self._to_record(letter) for letter in self._letters]
            self._file.write(pa.Table.from_pylist(records, schema=DEAD_LETTER_SCHEMA))
            self._written.records += len(records)
            self._letters = []


def write_execution(layout: OutputLayout, execution: Execution, extension: str) -> Execution:
    """Writes and publishes the row of one execution. Repeating it leaves the first one."""
    final = layout.executions_file(execution.execution_id, extension)
    if filesystem.exists(final):
        return execution
    write_executions(layout, final, [execution.record()])
    return execution


def write_executions(layout: OutputLayout, final: str, records: Sequence[Mapping[str, Any]]) -> None:
    """Writes and publishes the rows of executions in one file: all of them are there then, or none.

    Args:
      layout: where the file stands meanwhile.
      records: as `Execution.record` gives them.
    """
    temporary = f"{layout.temporary(final)}-{filesystem.shard_name()}"
    rows = pa.Table.from_pylist(list(records), schema=EXECUTION_SCHEMA)
    with filesystem.create(temporary) as file:
        if final.endswith(".parquet"):
            file.write(_parquet(rows))
        else:
            write_json_lines(file, rows)
    filesystem.publish(temporary, final)


def _parquet(rows: pa.Table) -> pa.Buffer:
    """A file of few rows; what helps to read many would cost half of the time that writing it takes."""
    file = pa.BufferOutputStream()
    pq.write_table(rows, file, use_dictionary=False, write_statistics=False)
    return file.getvalue()
