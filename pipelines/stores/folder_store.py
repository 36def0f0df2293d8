"""What runs have written into one output folder, in Parquet or newline JSON."""

import functools
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
import pyarrow.parquet as pq

from pipelines.stores.fitted import fitted
from pipelines.stores.store import Store
from schemas.dead_letter_table import DEAD_LETTER_SCHEMA
from schemas.execution import EXECUTION_SCHEMA
from schemas.replay_table import REPLAY_SCHEMA
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["FolderStore"]

ROWS_AT_ONCE = 5_000
FILES_AT_ONCE = 16
"""Of the execution log, where each execution is a file: far away, opening one takes a long time."""
_ENDINGS = (".parquet", ".jsonl")


class FolderStore(Store):
    """An output folder as `scrapeline run --output FOLDER` fills it.

    Args:
      folder: local, or of any filesystem that Beam reads.
    """

    def __init__(self, folder: str) -> None:
        self._layout = OutputLayout(folder, "", 1)
        self.archive = self._layout.archive

    def __str__(self) -> str:
        return self._layout.root

    def executions(
        self,
        columns: Sequence[str] | None = None,
        sources: Collection[str] | None = None,
        newest: int | None = None,
    ) -> pa.Table:
        paths = self.execution_files(newest)
        schema = _execution_schema(columns)
        batches = [batch for found in _each_read(paths, schema, sources) for batch in found]
        return _as_table(batches, schema, "started_at")

    def execution_files(self, newest: int | None = None) -> list[str]:
        """Paths of the files of the execution log; `newest`: only so many."""
        folder = self._layout.executions
        paths = filesystem.newest(folder, "*", newest) if newest is not None else filesystem.match(folder, "*")
        return list(filter(_is_whole, paths))

    def executions_of(self, paths: Sequence[str], columns: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
        """The records of each of these files of the execution log."""
        for batches in _each_read(paths, _execution_schema(columns), None):
            yield [record for batch in batches for record in batch.to_pylist()]

    def letters(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        schema = DEAD_LETTER_SCHEMA if columns is None else _only(DEAD_LETTER_SCHEMA, columns)
        for path in _files(self._layout.dead_letters):
            yield from _read(path, schema)

    def replays(self) -> pa.Table:
        batches = (batch for path in _files(self._layout.replays) for batch in _read(path, REPLAY_SCHEMA))
        return _as_table(batches, REPLAY_SCHEMA, "replayed_at")

    def add_replays(self, execution_id: str, records: Sequence[dict[str, Any]]) -> None:
        path = self._layout.replays_file(execution_id)
        if records and not filesystem.exists(path):
            lines = [json.dumps(record, default=str) + "\n" for record in records]
            filesystem.write_whole(path, "".join(lines).encode())

    def tables(self) -> list[str]:
        found = filesystem.match(self._layout.rows, "*/*/*")
        return sorted({path.split("/")[-3] for path in found if path.endswith(_ENDINGS)})

    def rows(
        self, table: str, columns: Sequence[str] | None = None, executions: Collection[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        for path in filesystem.match(self._layout.rows, f"{table}/*/*"):
            of = path.rpartition("/")[2].partition("-a")[0]
            if path.endswith(_ENDINGS) and (executions is None or of in executions):
                yield from _read_as_written(path, columns)


def _execution_schema(columns: Sequence[str] | None) -> pa.Schema:
    wanted = EXECUTION_SCHEMA.names if columns is None else {"started_at", "source", *columns}
    return _only(EXECUTION_SCHEMA, [name for name in EXECUTION_SCHEMA.names if name in wanted])


def _each_read(
    paths: Sequence[str], schema: pa.Schema, sources: Collection[str] | None
) -> Iterator[list[pa.RecordBatch]]:
    """What each file has, several of them read at once."""
    with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
        yield from pool.map(functools.partial(_read_small, schema=schema, sources=sources), paths)


def _as_table(batches: Iterable[pa.RecordBatch], schema: pa.Schema, by: str) -> pa.Table:
    return pa.Table.from_batches(batches, schema).sort_by(by)


def _is_whole(path: str) -> bool:
    return path.endswith(_ENDINGS)


def _files(folder: str) -> list[str]:
    return list(filter(_is_whole, filesystem.match(folder, "*")))


def _only(schema: pa.Schema, columns: Sequence[str]) -> pa.Schema:
    return pa.schema([schema.field(name) for name in columns])


def _read_small(path: str, schema: pa.Schema, sources: Collection[str] | None) -> list[pa.RecordBatch]:
    """The records of one file that are of these sources, read by one request."""
    with filesystem.open_to_read(path) as file:
        content = pa.BufferReader(file.read())
    if sources is not None:
        batches = _batches(content, path, ["source"])
        if not any(source in sources for batch in batches for source in batch.column("source").to_pylist()):
            return []
        content.seek(0)
    found = [fitted(batch, schema) for batch in _batches(content, path, schema.names)]
    if sources is None:
        return found
    return [batch.filter(pc.is_in(batch["source"], pa.array(sources, pa.string()))) for batch in found]


def _read(path: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The records in this schema, whatever the file lacks of it or has besides."""
    for batch in _read_as_written(path, schema.names):
        yield fitted(batch, schema)


def _read_as_written(path: str, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    with filesystem.open_to_read(path) as file:
        yield from _batches(file, path, columns)


def _batches(file: BinaryIO | pa.NativeFile, path: str, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    if path.endswith(".parquet"):
        parquet = pq.ParquetFile(file)
        there = set(parquet.schema_arrow.names)  # made anew at each call
        known = None if columns is None else [name for name in columns if name in there]
        yield from parquet.iter_batches(ROWS_AT_ONCE, columns=known)
        return
    with pyarrow.json.open_json(file) as lines:
        for batch in lines:
            known = batch.schema.names if columns is None else [c for c in columns if c in batch.schema.names]
            yield batch.select(known)
