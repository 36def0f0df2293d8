"""Rows and dead letters in BigQuery: removed by DELETE statements, whose values stand in parameters only."""

import functools
from collections.abc import Collection, Sequence
from typing import Any

from google.cloud import bigquery

from pipelines.forget.records import (
    LETTER_COLUMNS,
    FoundLetters,
    FoundRows,
    NotYet,
    Pointer,
    letters_about,
)
from pipelines.forget.subject import NoSuchColumn, Subject
from pipelines.places import Places
from pipelines.stores.bigquery_reading import Query, columns_there, read
from pipelines.stores.bigquery_store import BigQueryStore
from schemas.arrow import provenance_names
from schemas.warehouse import TableId, Warehouse
from transforms.bigquery.connection import connect
from transforms.bigquery.refusals import WarehouseRefused, explained

__all__ = ["WarehouseRecords"]

_SECS = 600.0
_AT_ONCE = 5_000  # a statement may have a megabyte, parameters included
_TYPES = {
    "string": "STRING", "integer": "INT64", "float": "FLOAT64", "numeric": "NUMERIC", "boolean": "BOOL",
    "date": "DATE", "time": "TIME", "datetime": "DATETIME", "timestamp": "TIMESTAMP", "bytes": "BYTES",
}  # fmt: skip


class WarehouseRecords:
    """See `Records`."""

    def __init__(self, warehouse: Warehouse, where: Places) -> None:
        self._warehouse = warehouse
        self._store = BigQueryStore(warehouse, where.folder)

    @functools.cached_property
    def _client(self) -> bigquery.Client:
        with explained(str(self._warehouse)):
            return connect(self._warehouse.project)

    def rows(self, source: str, subjects: Sequence[Subject]) -> FoundRows:
        found = FoundRows()
        for subject in subjects:
            for file, offset in self._pointers(source, subject):
                found.by_table[subject.table.name] = found.by_table.get(subject.table.name, 0) + 1
                found.pages |= {(file, offset)} if file is not None and offset is not None else set()
        return found

    def others(self, source: str, subjects: Sequence[Subject], pages: Collection[Pointer]) -> int:
        count = 0
        for subject in subjects:
            place, names = self._warehouse.place(subject.table.name), provenance_names(subject.table)
            columns = [names["archive_file"], names["archive_offset"]]
            if not pages or not columns_there(self._client, place):
                continue
            files = bigquery.ArrayQueryParameter("files", "STRING", sorted({file for file, _ in pages}))
            query = Query(place, columns, f"WHERE `{columns[0]}` IN UNNEST(@files)", [files])
            all_of = [tuple(row.values()) for batch in read(self._client, query) for row in batch.to_pylist()]
            own = sum(pointer in pages for pointer in self._pointers(source, subject))
            count += sum(pointer in pages for pointer in all_of) - own
        return count

    def letters(self, source: str, subjects: Sequence[Subject], pages: Collection[Pointer]) -> FoundLetters:
        letters = (letter for batch in self._store.letters(LETTER_COLUMNS) for letter in batch.to_pylist())
        return letters_about(letters, source, subjects, pages)

    def remove_rows(self, source: str, subjects: Sequence[Subject]) -> list[str]:
        changed = []
        for subject in subjects:
            place = self._warehouse.place(subject.table.name)
            if columns_there(self._client, place) and self._delete(place, *_where(source, subject)):
                changed.append(str(place))
        return changed

    def remove_letters(self, ids: Collection[str]) -> list[str]:
        place, wanted = self._warehouse.place("dead_letters"), sorted(ids)
        removed = 0
        for at in range(0, len(wanted), _AT_ONCE):
            some = bigquery.ArrayQueryParameter("ids", "STRING", wanted[at : at + _AT_ONCE])
            removed += self._delete(place, "WHERE letter_id IN UNNEST(@ids)", [some])
        return [str(place)] if removed else []

    def _pointers(self, source: str, subject: Subject) -> list[tuple[Any, Any]]:
        place, names = self._warehouse.place(subject.table.name), provenance_names(subject.table)
        if not columns_there(self._client, place):
            return []
        query = Query(place, [names["archive_file"], names["archive_offset"]], *_where(source, subject))
        return [tuple(row.values()) for batch in read(self._client, query) for row in batch.to_pylist()]

    def _delete(self, place: TableId, where: str, parameters: Sequence[Any]) -> int:
        config = bigquery.QueryJobConfig(query_parameters=list(parameters))
        try:
            with explained(str(place)):
                asked = self._client.query(f"DELETE FROM `{place}` {where}", job_config=config, timeout=60)
                asked.result(timeout=_SECS)
        except WarehouseRefused as error:
            if "streaming buffer" not in str(error):
                raise
            raise NotYet(
                f"{place}: what was inserted a short while ago cannot be deleted yet; all else is done: give the same "
                "command again in 90 minutes"
            ) from error
        return asked.num_dml_affected_rows or 0


def _where(source: str, subject: Subject) -> tuple[str, list[Any]]:
    """Names come from the source file, whose rules they keep; values are parameters."""
    parameters: list[Any] = [bigquery.ScalarQueryParameter("source", "STRING", source)]
    parts = [f"`{provenance_names(subject.table)['source']}` = @source"]
    for number, condition in enumerate(subject.conditions):
        column = condition.column
        kind = "STRING" if column.personal == "hash" else _TYPES.get(column.type)
        if kind is None:
            raise NoSuchColumn(f"--key: {column.name} is a {column.type} column; BigQuery compares none")
        parameters.append(bigquery.ScalarQueryParameter(f"value{number}", kind, condition.value))
        is_it = f"@value{number} IN UNNEST(`{column.name}`)" if column.repeated else f"`{column.name}` = @value{number}"
        parts.append(is_it)
    return f"WHERE {' AND '.join(parts)}", parameters
