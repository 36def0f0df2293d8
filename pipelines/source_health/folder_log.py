"""How the executions of an output folder ended, each file of its log read once.

A log of 3,000 files takes 8 s to read. A file is never changed but by a resumed run, which gives it another time.
"""

import datetime
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipelines.source_health.sqlite_file import transaction
from schemas.health import COLUMNS, Ended
from schemas.ids import content_id

__all__ = ["ended_in"]

_TIMES = ("started_at", "ended_at")
_SHAPE = content_id(COLUMNS)
"""What was kept by a version that looked at other columns is read again."""


def ended_in(folder: str, kept_in: Path) -> list[Ended]:
    """All executions in the log of a local output folder.

    Args:
      kept_in: the SQLite file that keeps what was read.
    """
    log = Path(folder, "executions")
    stamps = dict(_stamps(log))
    if not stamps:
        return []
    with transaction(kept_in) as database:
        known = dict(database.execute("SELECT name, stamp FROM read_files"))
    new = [(name, stamp, _records(log / name)) for name, stamp in stamps.items() if known.get(name) != stamp]
    gone = [(name,) for name in known if name not in stamps]
    with transaction(kept_in) as database:
        database.executemany("INSERT OR REPLACE INTO read_files VALUES (?, ?, ?)", new)
        database.executemany("DELETE FROM read_files WHERE name = ?", gone)
        kept = database.execute("SELECT records FROM read_files").fetchall()
    return [_ended(record) for (records,) in kept for record in json.loads(records)]


def _stamps(log: Path) -> Iterator[tuple[str, str]]:
    """File -> what changes when it does."""
    if not log.is_dir():
        return
    with os.scandir(log) as entries:
        for entry in entries:
            if entry.name.endswith((".parquet", ".jsonl")):
                found = entry.stat()
                yield entry.name, f"{found.st_mtime_ns}-{found.st_size}-{_SHAPE}"


def _records(path: Path) -> str:
    """What is kept of a file: its records' COLUMNS, as JSON."""
    from pipelines.stored_records import read_records  # Beam takes its time to import

    records = [{name: record.get(name) for name in COLUMNS} for record in read_records(str(path))]
    return json.dumps(records, default=datetime.datetime.isoformat)


def _ended(record: Mapping[str, Any]) -> Ended:
    times = {name: datetime.datetime.fromisoformat(record[name]) for name in _TIMES}
    return Ended.of_record({**record, **times})
