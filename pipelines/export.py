"""All rows of a run in one file, for people who asked for one (`-o rows.jsonl`)."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.job import Job
from schemas.json_lines import json_lines
from transforms import filesystem

__all__ = ["export_rows"]


def export_rows(job: Job, executions: Iterable[dict[str, Any]], path: str) -> None:
    """Writes the rows of these executions to `path`; its ending says whether as CSV or as newline JSON."""
    lines = (line for execution in executions for line in _lines(job, execution["execution_id"]))
    filesystem.remove([path])
    with filesystem.create(path) as file:
        if path.endswith(".csv"):
            _write_csv(file, lines)
        else:
            for line in lines:
                file.write(line)


def _lines(job: Job, execution_id: str) -> Iterator[bytes]:
    """Newline JSON, many rows a piece."""
    for path in filesystem.match(f"{job.layout.rows}/*/*/{execution_id}-a{job.attempt}-*"):
        with filesystem.open_to_read(path) as file:
            if path.endswith(".parquet"):
                for batch in pq.ParquetFile(file).iter_batches(batch_size=5_000):
                    yield json_lines(pa.Table.from_batches([batch]))
            else:
                yield from file


def _write_csv(file: Any, pieces: Iterable[bytes]) -> None:
    """CSV (RFC 4180) with the union of all columns; nested values as JSON."""
    rows = [orjson.loads(line) for piece in pieces for line in piece.splitlines()]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    text.detach()


def _cell(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, (list, dict)) else value
