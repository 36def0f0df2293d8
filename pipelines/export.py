"""All rows of a run in one file, for people who asked for one (`-o rows.jsonl`)."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

import orjson

from pipelines.job import Job
from pipelines.stored_records import read_json_lines
from transforms import filesystem

__all__ = ["export_rows"]


def export_rows(job: Job, executions: Iterable[dict[str, Any]], path: str) -> None:
    """Writes the rows of these executions to `path`, in place of what was there; its ending says the format."""
    names = [f"{execution['execution_id']}-a{job.attempt}-*" for execution in executions]
    files = [found for name in names for found in filesystem.match(job.layout.rows, f"*/*/{name}")]
    temporary = f"{path}.{filesystem.shard_name()}"
    with filesystem.create(temporary) as file:
        if path.endswith(".csv"):
            _write_csv(file, files)
        else:
            for piece in (piece for each in files for piece in read_json_lines(each)):
                file.write(piece)
    filesystem.remove([path])
    filesystem.publish(temporary, path)


def _write_csv(file: BinaryIO, files: Sequence[str]) -> None:
    """CSV (RFC 4180) with the columns of all files; nested values as JSON."""
    columns = dict.fromkeys(name for each in files for name in _columns(each))
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.DictWriter(text, list(columns))
    writer.writeheader()
    for each in files:
        for piece in read_json_lines(each):
            for line in piece.splitlines():
                writer.writerow({name: _cell(value) for name, value in orjson.loads(line).items()})
    text.flush()
    text.detach()


def _columns(path: str) -> list[str]:
    """A file's columns: each of its lines names all of them."""
    first = next(read_json_lines(path), b"{}")
    return list(orjson.loads(first.splitlines()[0]))


def _cell(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else value
