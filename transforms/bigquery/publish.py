"""Brings what an execution has written to BigQuery, and nothing of it twice."""

import dataclasses
import datetime
import itertools
import logging
import os
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
from google.cloud import bigquery

from schemas.bigquery import TableSpec, log_specs
from schemas.dead_letter import DeadLetter
from schemas.dead_letter_table import DEAD_LETTER_SCHEMA
from schemas.execution import EXECUTION_SCHEMA, Execution
from schemas.json_lines import json_lines
from schemas.page import ArchivePointer
from schemas.plan import Plan
from schemas.reasons import Dead
from schemas.row_batch import RowBatch
from schemas.warehouse import Warehouse
from schemas.written import Published, Written
from transforms import filesystem
from transforms.bigquery.connection import connect
from transforms.bigquery.inserts import Refused
from transforms.bigquery.jobs import JobRefused
from transforms.bigquery.land_records import Records, Table, insert_missing, load, replace_earlier
from transforms.bigquery.refusals import WarehouseRefused
from transforms.bigquery.refused_rows import refused_letter
from transforms.output_layout import OutputLayout
from transforms.publish import UniqueRows, keys_of, unique_rows

__all__ = ["AT_ONCE", "Target", "publish_execution_to", "write_execution_to"]

_LOG = logging.getLogger(__name__)
AT_ONCE = 8
"""Executions that are closed side by side: each waits for some jobs of a few seconds."""
_INSERT_RATHER = frozenset({"quotaExceeded"})
"""The log tables take the loads of all sources, and a table takes only so many a day; inserts have another quota
(https://cloud.google.com/bigquery/docs/optimize-load-jobs)."""
LETTERS_AT_ONCE = 500


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """Where the records of a run go. Picklable, as its functions are.

    Attributes:
      tables: a source -> its tables by name.
      letter_record: a letter as DEAD_LETTER_SCHEMA stores it, without secrets.
      page_type: (source, table) -> the kind of page whose items it takes; empty where there are several.
    """

    warehouse: Warehouse
    tables: Callable[[str], Mapping[str, TableSpec]]
    letter_record: Callable[[DeadLetter], dict[str, Any]]
    page_type: Callable[[str, str], str]

    def rows_table(self, spec: TableSpec) -> Table:
        names = spec.provenance
        return Table(self.warehouse.place(spec.name), spec, names["execution_id"], names["row_id"])

    def log_table(self, name: str, id_column: str) -> Table:
        return Table(self.warehouse.place(name), log_specs()[name], "execution_id", id_column)


def publish_execution_to(target: Target, layout: OutputLayout, plan: Plan, files: list[Written]) -> Published:
    """Loads rows, then letters, and confirms both; what an earlier attempt of the execution had loaded is replaced.

    Returns:
      How many rows were left out as duplicates, and how many a table refused; the same again when it is repeated.

    Raises:
      WarehouseUnavailable, WarehouseRefused
    """
    client = connect(target.warehouse.project)
    unique, duplicates = unique_rows(files)
    refused = []
    for name, spec in target.tables(plan.source).items():
        rows = [one for one in unique if one.file.table == name and one.path]
        if rows or plan.attempt > 1:
            refused += _RowsOfTable(target, layout, plan, spec, rows).land(client)
    letters = [file.temporary for file in files if file.kind == "dead_letters" and file.records]
    names = [file.final for file in files if file.kind == "dead_letters"]
    into = target.log_table("dead_letters", "letter_id")
    _land_log(client, Records(into, plan, [*letters, *refused], [*names, *refused]))
    return Published(duplicates, sum(map(_lines_in, refused)))


def write_execution_to(target: Target, layout: OutputLayout, execution: Execution) -> Execution:
    """Writes the row of one execution, whose rows and letters are there. Repeating it leaves the first one.

    It stands in the run's own folder first, so that a repetition has the same content.

    Raises:
      WarehouseUnavailable, WarehouseRefused
    """
    execution = dataclasses.replace(execution, archive_path=_from_anywhere(layout, execution.archive_path))
    path = layout.temporary(layout.executions_file(execution.execution_id, "jsonl"))
    if not filesystem.exists(path):
        filesystem.write_whole(path, json_lines(pa.Table.from_pylist([execution.record()], schema=EXECUTION_SCHEMA)))
    into = target.log_table("executions", "attempt")
    _land_log(connect(target.warehouse.project), Records(into, execution, [path], [path]))
    return execution


def _from_anywhere(layout: OutputLayout, path: str) -> str:
    """A path that is relative to the run's folder, for readers of the warehouse, who do not know that folder."""
    if not filesystem.is_local(path):
        return path
    whole = posixpath.join(layout.root, path)
    return os.path.abspath(whole) if filesystem.is_local(whole) else whole


def _land_log(client: bigquery.Client, records: Records) -> None:
    """Letters and executions; a table that refuses them is no table of ours."""
    if records.of.attempt == 1 or replace_earlier(client, records):
        try:
            load(client, records, hopeless=_INSERT_RATHER)
        except JobRefused as error:
            _LOG.warning("%s: inserting what it did not take from a file: %s", records.into.table, error)
        else:
            return
    for _, _, refused in insert_missing(client, records):
        raise WarehouseRefused(
            f"{records.into.table} refuses what Scrapeline writes there ({refused.reason}: {refused.message}); "
            "compare it with what it should be: scrapeline schema diff"
        )


class _RowsOfTable:
    """An execution's rows of one table."""

    def __init__(
        self, target: Target, layout: OutputLayout, plan: Plan, spec: TableSpec, rows: Sequence[UniqueRows]
    ) -> None:
        self._target = target
        self._plan = plan
        self._spec = spec
        self._rows = rows
        paths, names = [one.path for one in rows], [one.file.final for one in rows]
        self._records = Records(target.rows_table(spec), plan, paths, names)
        final = layout.dead_letters_file(plan.execution_id, f"refused-{spec.name}", "jsonl")
        self._refused_file = layout.temporary(final)

    def land(self, client: bigquery.Client) -> list[str]:
        """Loads them, or where the table does not take a file, inserts them.

        Returns:
          Paths of files with the letters of refused rows: one or none. Written whole and once: a repetition does not
          ask again what was refused.
        """
        if filesystem.exists(self._refused_file):
            return self._if_any()
        if self._plan.attempt == 1 or replace_earlier(client, self._records):
            try:
                load(client, self._records)
            except JobRefused as error:
                _LOG.warning("%s: a file was refused, its rows go one by one: %s", self._records.into.table, error)
            else:
                return []
        self._write_letters(client)
        return self._if_any()

    def _if_any(self) -> list[str]:
        return [self._refused_file] if _lines_in(self._refused_file) else []

    def _write_letters(self, client: bigquery.Client) -> None:
        temporary = f"{self._refused_file}.{filesystem.shard_name()}"
        letters = self._letters(client)
        with filesystem.create(temporary) as file:
            while some := list(itertools.islice(letters, LETTERS_AT_ONCE)):
                records = [self._target.letter_record(letter) for letter in some]
                file.write(json_lines(pa.Table.from_pylist(records, schema=DEAD_LETTER_SCHEMA)))
        try:
            filesystem.publish(temporary, self._refused_file)
        except FileExistsError:  # a bundle that was taken for lost was quicker
            filesystem.remove([temporary])

    def _letters(self, client: bigquery.Client) -> Iterator[DeadLetter]:
        numbers: Sequence[int] = ()
        for place, row, refused in insert_missing(client, self._records):
            numbers = numbers or self._numbers()
            yield self._letter(row, numbers[place], refused)

    def _numbers(self) -> list[int]:
        """Each row's place on its page, in the order of the files."""
        found: list[int] = []
        for one in self._rows:
            numbers = keys_of(one.file)["number"]
            found += (numbers if one.kept is None else numbers[one.kept]).tolist()
        return found

    def _letter(self, row: Mapping[str, Any], number: int, refused: Refused) -> DeadLetter:
        """The row's letter, made of what the row itself says of where it comes from."""
        names = self._spec.provenance
        said = {name: row[there] for name, there in names.items()}
        pointer = ArchivePointer(said["archive_file"], said["archive_offset"], said["archive_digest"])
        batch = RowBatch(
            table=self._spec.name,
            execution_id=said["execution_id"],
            source=said["source"],
            url=said["url"],
            scraped_at=datetime.datetime.fromisoformat(said["scraped_at"]).timestamp(),
            request_id=said["request_id"],
            archived=pointer if pointer.file else None,
            rows=[{name: value for name, value in row.items() if name not in names.values()}],
            numbers=[number],
            page_type=self._target.page_type(said["source"], self._spec.name),
        )
        letter = refused_letter(batch, 0, refused)
        letter.reason = Dead.REFUSED_BY_TABLE  # as the execution counts it, whatever the table did not like
        return letter


def _lines_in(path: str) -> int:
    with filesystem.open_to_read(path) as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))
