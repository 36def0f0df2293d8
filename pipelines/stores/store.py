"""One way to read what runs have written, wherever it stands."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Protocol

import pyarrow as pa

from pipelines.places import Places

__all__ = ["Store", "open_store"]


class Store(Protocol):
    """Rows, dead letters, execution log and replays of all runs of one output. Records have the shapes of `schemas`.

    A record that an older version wrote has null where a column has been added since. Nothing is cached: each call
    reads what is there now. What no run has written yet is empty, not an error.

    Attributes:
      archive: folder of the WARC files, local or of any filesystem that Beam reads.
    """

    archive: str

    def __str__(self) -> str:
        """As the command line names it."""

    def executions(
        self,
        columns: Sequence[str] | None = None,
        sources: Collection[str] | None = None,
        newest: int | None = None,
    ) -> pa.Table:
        """All of them in EXECUTION_SCHEMA, oldest first (`started_at`).

        Args:
          columns: only these, `started_at` and `source` always among them.
          sources: only theirs.
          newest: only what can be found among so many newest ones of the whole log: no more is read.
        """

    def letters(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Dead letters in DEAD_LETTER_SCHEMA, in no order; only these columns."""

    def replays(self) -> pa.Table:
        """What became of replayed letters, in REPLAY_SCHEMA, oldest first."""

    def add_replays(self, execution_id: str, records: Sequence[dict[str, Any]]) -> None:
        """Writes what became of the letters that one execution replayed; again with the same id changes nothing."""

    def tables(self) -> list[str]:
        """Names of the tables of rows, as sources write them (`shop.products`), sorted."""

    def rows(
        self, table: str, columns: Sequence[str] | None = None, executions: Collection[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Rows of a table, in no order: only these columns (those it has), only of these executions."""


def open_store(where: Places) -> Store:
    """The store of an output."""
    if where.warehouse is None:
        from pipelines.stores.folder_store import FolderStore

        return FolderStore(where.folder)
    from pipelines.stores.bigquery_store import BigQueryStore

    return BigQueryStore(where.warehouse, where.folder)
