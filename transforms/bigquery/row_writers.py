"""Pages' rows into their table at once, in one of two ways."""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from google.cloud.bigquery_storage_v1 import BigQueryWriteClient

from schemas.arrow import to_arrow
from schemas.bigquery import Field, spec_of
from schemas.json_lines import json_lines
from schemas.row_batch import RowBatch
from schemas.table import Table
from schemas.warehouse import TableId
from transforms.bigquery.connection import connect
from transforms.bigquery.inserts import Refused, insert_rows
from transforms.bigquery.retries import Retries
from transforms.bigquery.row_json import load_texts
from transforms.bigquery.storage_stream import connect_writes
from transforms.bigquery.storage_write import StorageWriter

__all__ = ["METHODS", "Inserting", "Method", "RowWriter", "StorageWriting", "open_writer"]

Method = Literal["insert", "storage"]
METHODS: tuple[Method, ...] = ("insert", "storage")


class RowWriter(Protocol):
    """Writes rows, safely for many threads."""

    def write(self, place: TableId, table: Table, batches: Sequence[RowBatch]) -> list[Refused]:
        """Writes the rows of some pages into one table; an index counts through the pages' rows in their order.

        Raises:
          WarehouseUnavailable, WarehouseRefused: not all is written, although nothing is wrong with the rest.
        """


def open_writer(method: Method, retries: Retries) -> RowWriter:
    """The process's writer."""
    return Inserting(retries) if method == "insert" else _storage_writing(connect_writes(), retries)


@dataclasses.dataclass(frozen=True)
class Inserting:
    """By `tabledata.insertAll`."""

    retries: Retries

    def write(self, place: TableId, table: Table, batches: Sequence[RowBatch]) -> list[Refused]:
        texts_of = load_texts([_in_words(field) for field in spec_of(table).fields])
        lines = json_lines(to_arrow(table, batches), texts_of).splitlines()
        ids = [insert_id(batch, row_id) for batch in batches for row_id in batch.row_ids]
        return insert_rows(connect(place.project), place, list(zip(ids, lines, strict=True)), retries=self.retries)


class StorageWriting:
    """By the Storage Write API, on default streams."""

    def __init__(self, client: BigQueryWriteClient, retries: Retries) -> None:
        self._writer = StorageWriter(client, retries=retries)

    def write(self, place: TableId, table: Table, batches: Sequence[RowBatch]) -> list[Refused]:
        return self._writer.append(place, to_arrow(table, batches))


_storage_writing = functools.cache(StorageWriting)


def insert_id(batch: RowBatch, row_id: str) -> str:
    """What BigQuery knows a row by for about a minute: a retried bundle's row is the same, another execution's is not.

    By its row_id alone, what is scraped twice within that minute would be there once, and the second execution's count
    would be of rows that do not exist.
    """
    return f"{row_id}-{batch.execution_id}"[:128]


def _in_words(field: Field) -> Field:
    """A column as `tabledata.insertAll` wants it said: JSON as a text, wherever it stands."""
    words: dict[str, Any] = {"type": "STRING"} if field["type"] == "JSON" else {}
    inner: Sequence[Mapping[str, Any]] = field.get("fields", ())
    if inner:
        words["fields"] = [_in_words(dict(one)) for one in inner]
    return {**field, **words}
