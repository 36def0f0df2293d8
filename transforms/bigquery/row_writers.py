"""Pages' rows into their table at once, in one of two ways.

`storage`, the Storage Write API with Arrow, is the better one where both would do (`python -m benchmarks warehouse`
measures them against each other):

- It costs this side less than half the CPU of inserts: columns leave as Arrow has them, no row becomes JSON.
- It costs half as much at BigQuery, and the first 2 TiB of a month nothing
  (https://cloud.google.com/bigquery/pricing#data_ingestion_pricing). BigQuery calls inserts the legacy way.
- Rows can be deleted at once. What was inserted cannot be for half an hour
  (https://cloud.google.com/bigquery/docs/data-manipulation-language#limitations): too long for `scrapeline forget`.
- Rows that are sent again because an answer was lost are known by their offset, for good. insertIds are remembered for
  about a minute, at BigQuery's best effort; but they also help where a whole bundle is tried again.
- A table that was just made takes rows. Inserts may not find it for minutes.

`insert`, `tabledata.insertAll`, has for it that it names the column of a refused row, that it needs HTTP alone, and no
stream for each table and process, of which BigQuery makes 40 a second.
"""

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

__all__ = ["DEFAULT_METHOD", "METHODS", "Inserting", "Method", "RowWriter", "StorageWriting", "open_writer"]

Method = Literal["insert", "storage"]
METHODS: tuple[Method, ...] = ("insert", "storage")
DEFAULT_METHOD: Method = "storage"


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
        ids = [insert_id(batch, at) for batch in batches for at in range(len(batch.rows))]
        return insert_rows(connect(place.project), place, list(zip(ids, lines, strict=True)), retries=self.retries)


class StorageWriting:
    """By the Storage Write API."""

    def __init__(self, client: BigQueryWriteClient, retries: Retries) -> None:
        self._writer = StorageWriter(client, retries)

    def write(self, place: TableId, table: Table, batches: Sequence[RowBatch]) -> list[Refused]:
        return self._writer.append(place, to_arrow(table, batches))


_storage_writing = functools.cache(StorageWriting)


def insert_id(batch: RowBatch, at: int) -> str:
    """What BigQuery knows a row by for about a minute: its row_id, and where it was seen.

    So a bundle that is tried again inserts the same rows, but what two pages or two executions show alike is there
    twice; by the row_id alone it would be there once or twice, as BigQuery pleases, and executions would count rows
    that do not exist.
    """
    return f"{batch.row_ids[at]}-{batch.request_id}-{at}-{batch.execution_id}"[:128]


def _in_words(field: Field) -> Field:
    """A column as `tabledata.insertAll` wants it said: JSON as a text, wherever it stands."""
    words: dict[str, Any] = {"type": "STRING"} if field["type"] == "JSON" else {}
    inner: Sequence[Mapping[str, Any]] = field.get("fields", ())
    if inner:
        words["fields"] = [_in_words(dict(one)) for one in inner]
    return {**field, **words}
