"""What runs have written into a warehouse of BigQuery."""

import datetime
import functools
import re
import tempfile
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from pipelines.stores.bigquery_reading import Query, columns_there, read
from pipelines.stores.store import Store
from schemas.bigquery import log_specs
from schemas.bigquery_latest import LATEST
from schemas.dead_letter_table import DEAD_LETTER_SCHEMA
from schemas.execution import EXECUTION_SCHEMA
from schemas.ids import content_id
from schemas.replay_table import REPLAY_SCHEMA
from schemas.warehouse import TableId, Warehouse
from transforms.bigquery.connection import connect
from transforms.bigquery.land_records import location_of
from transforms.bigquery.load_files import load_files
from transforms.bigquery.refusals import explained
from transforms.bigquery.tables import ensure_tables
from transforms.output_layout import OutputLayout

__all__ = ["BigQueryStore"]

_TABLE = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)?")
# Of an execution that was resumed, or whose bundle was retried, the last record counts.
_LAST = "QUALIFY ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY {newest}) = 1"
_LAST_EXECUTION = _LAST.format(key="execution_id", newest="attempt DESC, ended_at DESC")
_LAST_LETTER = _LAST.format(key="execution_id, letter_id", newest="failed_at DESC")
_LAST_REPLAY = _LAST.format(key="execution_id, letter_id", newest="replayed_at DESC")


class BigQueryStore(Store):
    """A warehouse as `scrapeline run --output bigquery:...` fills it.

    Args:
      folder: the run's files beside it.

    Every method raises WarehouseRefused or WarehouseUnavailable when BigQuery does not let it in.
    """

    def __init__(self, warehouse: Warehouse, folder: str) -> None:
        self._warehouse = warehouse
        self.archive = OutputLayout(folder, "", 1).archive

    def __str__(self) -> str:
        return str(self._warehouse)

    @functools.cached_property
    def _client(self) -> bigquery.Client:
        with explained(str(self)):
            return connect(self._warehouse.project)

    def executions(
        self,
        columns: Sequence[str] | None = None,
        sources: Collection[str] | None = None,
        newest: int | None = None,
    ) -> pa.Table:
        wanted = EXECUTION_SCHEMA.names if columns is None else {"started_at", "source", *columns}
        schema = _only(EXECUTION_SCHEMA, [name for name in EXECUTION_SCHEMA.names if name in wanted])
        chosen = None if sources is None else sorted(sources)
        if newest is not None:
            limit = bigquery.ScalarQueryParameter("newest", "INT64", newest)
            rest = f"WHERE TRUE {_LAST_EXECUTION} ORDER BY started_at DESC LIMIT @newest"
            found = self._table("executions", schema, rest, [limit])
            return _of_sources(found, chosen).sort_by("started_at")
        if chosen is not None:
            theirs = bigquery.ArrayQueryParameter("sources", "STRING", chosen)
            rest = f"WHERE source IN UNNEST(@sources) {_LAST_EXECUTION}"
            return self._table("executions", schema, rest, [theirs]).sort_by("started_at")
        return self._table("executions", schema, f"WHERE TRUE {_LAST_EXECUTION}").sort_by("started_at")

    def letters(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        schema = DEAD_LETTER_SCHEMA if columns is None else _only(DEAD_LETTER_SCHEMA, columns)
        return self._log("dead_letters", schema, f"WHERE TRUE {_LAST_LETTER}")

    def replays(self) -> pa.Table:
        return self._table("replays", REPLAY_SCHEMA, f"WHERE TRUE {_LAST_REPLAY}").sort_by("replayed_at")

    def add_replays(self, execution_id: str, records: Sequence[dict[str, Any]]) -> None:
        if not records:
            return
        place = self._warehouse.place("replays")
        ensure_tables(self._client, {place: log_specs()["replays"]})
        of_execution = [bigquery.ScalarQueryParameter("execution_id", "STRING", execution_id)]
        query = Query(place, ["letter_id"], "WHERE execution_id = @execution_id", of_execution)
        there = {letter for batch in read(self._client, query) for letter in batch.column(0).to_pylist()}
        new = [record for record in records if record["letter_id"] not in there]
        if new:
            job_id = f"scrapeline_replays_{execution_id}_{content_id(sorted(one['letter_id'] for one in new))}"
            with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
                file.writelines(orjson.dumps(_replay_json(record)) + b"\n" for record in new)
                file.flush()
                load_files(self._client, place, [file.name], job_id, location_of(self._client, place))

    def tables(self) -> list[str]:
        with explained(str(self)):
            found = [name for dataset in self._datasets() for name in self._tables_of(dataset)]
        return sorted(set(found))

    def rows(
        self, table: str, columns: Sequence[str] | None = None, executions: Collection[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        if not _TABLE.fullmatch(table):
            return
        place = self._warehouse.place(table)
        there = columns_there(self._client, place)
        known = there if columns is None else [name for name in columns if name in there]
        if not known:
            return
        query = Query(place, known)
        if executions is not None:
            column = "scrape_execution_id" if "scrape_execution_id" in there else "execution_id"
            chosen = bigquery.ArrayQueryParameter("executions", "STRING", sorted(executions))
            query = Query(place, known, f"WHERE `{column}` IN UNNEST(@executions)", [chosen])
        yield from read(self._client, query)

    def _table(self, name: str, schema: pa.Schema, rest: str, parameters: Sequence[Any] = ()) -> pa.Table:
        return pa.Table.from_batches(self._log(name, schema, rest, parameters), schema)

    def _log(self, name: str, schema: pa.Schema, rest: str, parameters: Sequence[Any] = ()) -> Iterator[pa.RecordBatch]:
        place = self._warehouse.place(name)
        there = columns_there(self._client, place)
        known = [column for column in schema.names if column in there]
        if known:
            yield from read(self._client, Query(place, known, rest, parameters), schema)

    def _datasets(self) -> list[str]:
        if self._warehouse.dataset:
            return [self._warehouse.dataset]
        return [one.dataset_id for one in self._client.list_datasets(self._warehouse.project, timeout=60)]

    def _tables_of(self, dataset: str) -> Iterator[str]:
        """Tables with the label of rows; where a list has no labels, those that have a view of their newest rows."""
        try:
            listed = list(self._client.list_tables(bigquery.DatasetReference(self._warehouse.project, dataset)))
        except NotFound:
            return
        views = {one.table_id for one in listed if one.table_type == "VIEW"}
        for one in listed:
            if one.table_type != "TABLE":
                continue
            if one.labels.get("scrapeline") == "rows" or (not one.labels and one.table_id + LATEST in views):
                named = one.friendly_name or self._client.get_table(one.reference, timeout=60).friendly_name
                yield self._named(TableId(self._warehouse.project, dataset, one.table_id), named or "")

    def _named(self, place: TableId, friendly_name: str) -> str:
        """What the source calls a table, if it is still said there; else what leads to it."""
        if _TABLE.fullmatch(friendly_name) and self._warehouse.place(friendly_name) == place:
            return friendly_name
        return f"{place.dataset}.{place.table}"


def _only(schema: pa.Schema, columns: Sequence[str]) -> pa.Schema:
    return pa.schema([schema.field(name) for name in columns])


def _of_sources(executions: pa.Table, sources: Sequence[str] | None) -> pa.Table:
    if sources is None:
        return executions
    return executions.filter(pc.is_in(executions["source"], pa.array(sources, pa.string())))


def _replay_json(record: dict[str, Any]) -> dict[str, Any]:
    """The record as a load job takes it, for which a number would be seconds."""
    when = record["replayed_at"]
    if isinstance(when, int):
        when = datetime.datetime.fromtimestamp(0, datetime.UTC) + datetime.timedelta(microseconds=when)
    return {**record, "replayed_at": when}
