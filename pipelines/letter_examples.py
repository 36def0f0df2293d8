"""What went wrong in an execution, in the words of its own dead letters: a person should not have to open a file."""

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pipelines.stored_records import read_records

__all__ = ["letter_examples"]

MOST = 3
LETTERS_READ = 20_000
_COLUMNS = ["reason", "message", "url"]


def letter_examples(files: Sequence[str]) -> list[dict[str, Any]]:
    """The most frequent failures: reason, message, the URL of one of them, and how many there are, at most MOST.

    Args:
      files: of an execution's letters, `.parquet` or `.jsonl`.
    """
    counts: Counter[tuple[str, str]] = Counter()
    urls: dict[tuple[str, str], str] = {}
    letters = itertools.chain.from_iterable(read_records(path, _COLUMNS) for path in files)
    for letter in itertools.islice(letters, LETTERS_READ):
        kind = letter["reason"], letter["message"] or ""
        counts[kind] += 1
        urls.setdefault(kind, letter["url"] or "")
    return [
        {"reason": kind[0], "message": kind[1], "url": urls[kind], "count": count}
        for kind, count in counts.most_common(MOST)
    ]
