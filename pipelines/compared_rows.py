"""Rows of some executions, wherever they stand, as a comparison wants them: who they are in numbers, and as texts."""

import dataclasses
import datetime
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO, Protocol

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.stores.store import Store
from schemas.json_lines import json_texts
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["ComparedRows", "FolderRows", "Some", "StoreRows"]

ROWS_AT_ONCE = 5_000
_ID_BYTES = 12  # of row_key and row_id; the first 8 tell rows apart


@dataclasses.dataclass(frozen=True, slots=True)
class Some:
    """A few thousand rows.

    Attributes:
      keys, ids: the first 64 bits of `row_key` and `row_id`.
      scraped_at: Unix seconds.
      ranks: the greater counts, of rows of the same key and moment.
      texts: gives the chosen ones (a mask): each value as JSON text, null for null; of what says where they come from
        only the URL.
    """

    keys: np.ndarray
    ids: np.ndarray
    scraped_at: np.ndarray
    ranks: np.ndarray
    texts: Callable[[np.ndarray], pa.Table]


class ComparedRows(Protocol):
    """The rows of some executions."""

    def tables(self) -> list[str]:
        """That have such rows."""

    def read(self, table: str, names: Mapping[str, str], *, whole: bool) -> Iterator[Some]:
        """All of them, a few thousand in memory.

        Args:
          names: of the columns of provenance in this table.
          whole: `texts` will be asked.
        """


class FolderRows:
    """Rows in an output folder.

    Args:
      ranks: execution id -> the rank of its rows.
    """

    def __init__(self, layout: OutputLayout, ranks: Mapping[str, float]) -> None:
        self._files: dict[str, list[tuple[str, float]]] = {}
        for execution_id, rank in ranks.items():
            for path in filesystem.match(layout.rows, f"*/*/{execution_id}-a*"):
                self._files.setdefault(path.split("/")[-3], []).append((path, rank))

    def tables(self) -> list[str]:
        return sorted(self._files)

    def read(self, table: str, names: Mapping[str, str], *, whole: bool) -> Iterator[Some]:
        for path, rank in self._files.get(table, []):
            with filesystem.open_to_read(path) as file:
                if path.endswith(".parquet"):
                    for batch in _batches(file, _columns(names, whole=whole)):
                        yield _of_batch(batch, names, np.full(batch.num_rows, rank))
                else:
                    yield from _of_lines(file, names, rank)


class StoreRows:
    """Rows in a warehouse, or any other store.

    Args:
      ranks: execution id -> the rank of its rows.
    """

    def __init__(self, store: Store, ranks: Mapping[str, float]) -> None:
        self._store, self._ranks = store, ranks

    def tables(self) -> list[str]:
        return self._store.tables()

    def read(self, table: str, names: Mapping[str, str], *, whole: bool) -> Iterator[Some]:
        columns = _columns(names, whole=whole)
        wanted = columns and [*columns, names["execution_id"]]
        for batch in self._store.rows(table, wanted, self._ranks.keys()):
            of = batch.column(names["execution_id"]).to_pylist()
            yield _of_batch(batch, names, np.array([self._ranks[one] for one in of], "f8"))


def _columns(names: Mapping[str, str], *, whole: bool) -> list[str] | None:
    return None if whole else [names["row_key"], names["row_id"], names["scraped_at"]]


def _batches(file: BinaryIO, columns: list[str] | None) -> Iterator[pa.RecordBatch]:
    """One row group after the other: with Arrow's read-ahead the chosen columns of the whole file are in memory."""
    parquet = pq.ParquetFile(file, pre_buffer=False)
    for number in range(parquet.num_row_groups):
        yield from parquet.iter_batches(ROWS_AT_ONCE, row_groups=[number], columns=columns)


def _of_batch(batch: pa.RecordBatch, names: Mapping[str, str], ranks: np.ndarray) -> Some:
    moments = batch.column(names["scraped_at"]).cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    return Some(
        _numbers(batch.column(names["row_key"]).to_pylist()),
        _numbers(batch.column(names["row_id"]).to_pylist()),
        np.asarray(moments, "f8") / 1e6,
        ranks,
        functools.partial(_batch_texts, batch, names),
    )


def _batch_texts(batch: pa.RecordBatch, names: Mapping[str, str], mask: np.ndarray) -> pa.Table:
    rows = pa.Table.from_batches([batch.select(_kept(batch.schema.names, names)).filter(pa.array(mask))])
    texts = [pa.chunked_array([_one_chunk(json_texts(column))]) for column in rows.columns]
    return pa.table([_null_for_null(one) for one in texts], names=rows.column_names)


def _one_chunk(texts: Any) -> pa.Array:
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def _null_for_null(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.equal(texts, "null"), pa.scalar(None, pa.string()), texts)


def _kept(columns: Iterable[str], names: Mapping[str, str]) -> list[str]:
    of_origin = set(names.values()) - {names["url"]}
    return [name for name in columns if name not in of_origin]


def _of_lines(file: Any, names: Mapping[str, str], rank: float) -> Iterator[Some]:
    while lines := file.readlines(ROWS_AT_ONCE * 200):
        rows = [orjson.loads(line) for line in lines]
        yield Some(
            _numbers([row[names["row_key"]] for row in rows]),
            _numbers([row[names["row_id"]] for row in rows]),
            np.array([_seconds(row[names["scraped_at"]]) for row in rows], "f8"),
            np.full(len(rows), rank),
            functools.partial(_line_texts, lines, names),
        )


def _line_texts(lines: list[bytes], names: Mapping[str, str], mask: np.ndarray) -> pa.Table:
    rows = [orjson.loads(lines[number]) for number in np.flatnonzero(mask)]
    columns = _kept(dict.fromkeys(name for row in rows for name in row), names)
    return pa.table({name: pa.array([_text(row.get(name)) for row in rows], pa.string()) for name in columns})


def _text(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _numbers(ids: list[str]) -> np.ndarray:
    whole = np.frombuffer(bytes.fromhex("".join(ids)), np.uint8).reshape(len(ids), _ID_BYTES)
    return np.ascontiguousarray(whole[:, :8]).view(">u8").ravel().astype("u8")


def _seconds(text: str) -> float:
    return datetime.datetime.fromisoformat(text).timestamp()
