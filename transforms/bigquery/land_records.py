"""Records of one attempt of an execution into one table: by a load job, or where that is refused, one by one.

Nothing is doubled, however often it is repeated: jobs run once (see jobs.py), and before records are inserted, the
table is asked which of them it has.
"""

import dataclasses
import datetime
import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
from google.cloud import bigquery

from schemas.bigquery import TableSpec
from schemas.execution import Execution
from schemas.ids import content_id
from schemas.plan import Plan
from schemas.warehouse import TableId
from transforms import filesystem
from transforms.bigquery.connection import WarehouseUnavailable
from transforms.bigquery.inserts import Refused, insert_rows
from transforms.bigquery.jobs import NO_RETRY, PATIENCE_SECS, JobRefused, run_once
from transforms.bigquery.load_files import load_files
from transforms.bigquery.refusals import WarehouseRefused, explained
from transforms.bigquery.retries import Retries
from transforms.bigquery.row_json import insert_values

__all__ = ["Records", "Table", "insert_missing", "load", "replace_earlier"]

INSERTED_AT_ONCE, BYTES_AT_ONCE = 2_000, 20_000_000
"""Records in memory."""
_CLOCKS_DIFFER_SECS = 86_400.0


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """A table, and which of its columns tell an execution's records apart."""

    table: TableId
    spec: TableSpec
    execution_column: str
    id_column: str


@dataclasses.dataclass(frozen=True, slots=True)
class Records:
    """What one attempt of an execution has for a table.

    Attributes:
      of: the attempt.
      paths: files of newline JSON, as a load job takes it.
      names: of the same, as every try of the attempt has them: they say what is loaded.
    """

    into: Table
    of: Plan | Execution
    paths: Sequence[str]
    names: Sequence[str]

    def job_id(self, verb: str) -> str:
        """The id of a job that does this with them (https://cloud.google.com/bigquery/docs/running-jobs).

        The start of the run is part of it: another run may be given the name of one whose files are gone.
        """
        of = self.of.execution_id, self.of.attempt
        digest = content_id(verb, *of, self.of.started_at, str(self.into.table), sorted(self.names))
        return f"scrapeline_{verb}_{of[0]}_a{of[1]}_{digest}"


@functools.lru_cache(maxsize=256)
def _location(client: bigquery.Client, project: str, dataset: str) -> str | None:
    with explained(f"dataset {project}.{dataset}"):
        found: str | None = client.get_dataset(bigquery.DatasetReference(project, dataset), timeout=60).location
        return found


def location_of(client: bigquery.Client, table: TableId) -> str | None:
    """Where a table's dataset is: jobs elsewhere do not find it."""
    return _location(client, table.project, table.dataset)


def load(client: bigquery.Client, records: Records, *, hopeless: frozenset[str] = frozenset()) -> None:
    """Loads all records, or none.

    Raises:
      JobRefused: the table does not take one of them.
      WarehouseUnavailable, WarehouseRefused
    """
    table = records.into.table
    if records.paths:
        load_files(client, table, records.paths, records.job_id("load"), location_of(client, table), hopeless=hopeless)


def replace_earlier(client: bigquery.Client, records: Records) -> bool:
    """Deletes what earlier attempts of the execution had written, once for each attempt.

    Returns:
      False: some of it was inserted so lately that BigQuery does not delete it yet; what is there has to be left out.
      https://cloud.google.com/bigquery/docs/data-manipulation-language#limitations: half an hour.
    """
    into = records.into
    where, parameters = _of_execution(into, records.of)
    sql = f"DELETE FROM `{into.table}` WHERE {where}"
    location = location_of(client, into.table)

    def begin(job_id: str) -> Any:
        config = bigquery.QueryJobConfig(query_parameters=parameters)
        return client.query(
            sql,
            job_config=config,
            job_id=job_id,
            location=location,
            project=into.table.project,
            retry=NO_RETRY,
            job_retry=None,
            timeout=60,
        )

    try:
        run_once(client, begin, records.job_id("replace"), location)
    except JobRefused as refused:
        if "streaming buffer" not in str(refused):
            raise WarehouseRefused(f"{into.table}: {refused}") from refused
        return False
    return True


def insert_missing(client: bigquery.Client, records: Records) -> Iterator[tuple[int, dict[str, Any], Refused]]:
    """Inserts those records that the table does not have yet.

    The insertId has the execution in it: the same row of another execution is another record, and is not to be lost
    because it comes within the same minute.

    Yields:
      Those that it refuses: number in the order of the files, the record, and why.

    Raises:
      WarehouseUnavailable, WarehouseRefused
    """
    into, fields = records.into, records.into.spec.fields
    there = _ids_there(client, records)
    for some in _together(enumerate(_lines(records.paths))):
        parsed = [(number, orjson.loads(line)) for number, line in some]
        missing = [(number, row) for number, row in parsed if str(row[into.id_column]) not in there]
        inserts = [
            (f"{row[into.execution_column]}-{row[into.id_column]}", insert_values(fields, row)) for _, row in missing
        ]
        for refused in insert_rows(client, into.table, inserts, retries=Retries(PATIENCE_SECS)):
            yield *missing[refused.index], refused


def _ids_there(client: bigquery.Client, records: Records) -> set[str]:
    into = records.into
    where, parameters = _of_execution(into, records.of)
    sql = f"SELECT {into.id_column} FROM `{into.table}` WHERE {where}"
    with explained(str(into.table)):
        config = bigquery.QueryJobConfig(query_parameters=parameters)
        asked = client.query(sql, job_config=config, project=into.table.project, timeout=60)
        try:
            return {str(row[0]) for row in asked.result(timeout=PATIENCE_SECS)}
        except TimeoutError as error:
            raise WarehouseUnavailable(f"{into.table}: no answer within {PATIENCE_SECS:.0f} s") from error


def _of_execution(into: Table, of: Plan | Execution) -> tuple[str, list[bigquery.ScalarQueryParameter]]:
    """SQL for the records of an execution; it reads no partition older than the run, where records are not older."""
    where = f"{into.execution_column} = @execution_id"
    parameters = [bigquery.ScalarQueryParameter("execution_id", "STRING", of.execution_id)]
    if not of.reparse_of and not of.replay_of:
        since = datetime.datetime.fromtimestamp(of.started_at - _CLOCKS_DIFFER_SECS, datetime.UTC)
        where += f" AND {into.spec.partition} >= @since"
        parameters.append(bigquery.ScalarQueryParameter("since", "TIMESTAMP", since))
    return where, parameters


def _lines(paths: Sequence[str]) -> Iterator[bytes]:
    for path in paths:
        with filesystem.open_to_read(path) as file:
            yield from file


def _together(numbered: Iterable[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    """Lines in portions that memory holds easily."""
    some: list[tuple[int, bytes]] = []
    size = 0
    for number, line in numbered:
        some.append((number, line))
        size += len(line)
        if len(some) == INSERTED_AT_ONCE or size > BYTES_AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some
