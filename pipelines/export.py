"""All rows of a run in one file, for people who asked for one (`-o rows.jsonl`)."""

import csv
import functools
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, BinaryIO

import orjson
import pyarrow as pa

from pipelines import worker
from pipelines.job import Job
from pipelines.places import Places
from pipelines.stored_records import read_json_lines
from pipelines.stores.store import Store, open_store
from schemas.json_lines import json_lines
from transforms import filesystem

__all__ = ["export_rows"]

Part = Callable[[], Iterator[bytes]]
"""Gives newline JSON in pieces of whole lines, from its beginning each time."""


def export_rows(job: Job, executions: Iterable[dict[str, Any]], path: str) -> None:
    """Writes the rows of these executions to `path`, in place of what was there; its ending says the format."""
    ids = [str(execution["execution_id"]) for execution in executions]
    parts = _of_folder(job, ids) if job.warehouse is None else _of_warehouse(job, ids)
    temporary = f"{path}.{filesystem.shard_name()}"
    with filesystem.create(temporary) as file:
        if path.endswith(".csv"):
            _write_csv(file, parts)
        else:
            for piece in (piece for part in parts for piece in part()):
                file.write(piece)
    filesystem.remove([path])
    filesystem.publish(temporary, path)


def _of_folder(job: Job, ids: Sequence[str]) -> list[Part]:
    names = [f"{execution_id}-a{job.attempt}-*" for execution_id in ids]
    files = [found for name in names for found in filesystem.match(job.layout.rows, f"*/*/{name}")]
    return [functools.partial(read_json_lines, path) for path in files]


def _of_warehouse(job: Job, ids: Sequence[str]) -> list[Part]:
    """What the tables took, read back from them."""
    store = open_store(Places(job.output, job.warehouse))
    tables = sorted({table for loaded in worker.sources(job).values() for table in loaded.tables})
    return [functools.partial(_of_table, store, table, ids) for table in tables]


def _of_table(store: Store, table: str, ids: Sequence[str]) -> Iterator[bytes]:
    for batch in store.rows(table, executions=ids):
        if batch.num_rows:
            yield json_lines(pa.Table.from_batches([batch]))


def _write_csv(file: BinaryIO, parts: Sequence[Part]) -> None:
    """CSV (RFC 4180) with the columns of all parts; nested values as JSON."""
    columns = dict.fromkeys(name for part in parts for name in _columns(part))
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.DictWriter(text, list(columns))
    writer.writeheader()
    for part in parts:
        for piece in part():
            for line in piece.splitlines():
                writer.writerow({name: _cell(value) for name, value in orjson.loads(line).items()})
    text.flush()
    text.detach()


def _columns(part: Part) -> list[str]:
    """A part's columns: each of its lines names all of them."""
    first = next(part(), b"{}")
    return list(orjson.loads(first.splitlines()[0]))


def _cell(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else value
