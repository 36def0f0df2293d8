"""What went wrong in an execution, in the words of its own dead letters: a person should not have to open a file."""

import json
from collections import Counter
from typing import Any

import pyarrow.parquet as pq

from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["letter_examples"]

MOST = 3
LETTERS_READ = 20_000
_COLUMNS = ["reason", "message", "url"]


def letter_examples(layout: OutputLayout, execution_id: str, extension: str) -> list[dict[str, Any]]:
    """The most frequent failures: reason, message, the URL of one of them, and how many there are, at most MOST.

    Args:
      extension: `parquet` or `jsonl`.
    """
    counts: Counter[tuple[str, str]] = Counter()
    urls: dict[tuple[str, str], str] = {}
    for reason, message, url in _letters(layout, execution_id, extension):
        counts[reason, message] += 1
        urls.setdefault((reason, message), url)
    return [
        {"reason": kind[0], "message": kind[1], "url": urls[kind], "count": count}
        for kind, count in counts.most_common(MOST)
    ]


def _letters(layout: OutputLayout, execution_id: str, extension: str) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for path in filesystem.match(f"{layout.dead_letters}/{execution_id}-*.{extension}"):
        with filesystem.open_to_read(path) as file:
            records = _table(file) if extension == "parquet" else [json.loads(line) for line in file]
        found += [(each["reason"], each["message"] or "", each["url"] or "") for each in records]
        if len(found) >= LETTERS_READ:
            break
    return found[:LETTERS_READ]


def _table(file: Any) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = pq.read_table(file, columns=_COLUMNS).slice(0, LETTERS_READ).to_pylist()
    return records
