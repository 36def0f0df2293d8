"""Finds files that are older than sources say that they are kept. Without such a rule a file is kept."""

import dataclasses
import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.stored_records import read_records
from schemas.arrow import provenance_names
from scrapers.archive.warc_reader import BrokenRecord, read_heads
from scrapers.archive.warc_records import Record, records
from scrapers.source_files.load import LoadedSource
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["Expired", "expired"]

_ENDINGS = (".parquet", ".jsonl")
_LOGS = (
    ("dead_letters", "dead_letters_days", "failed_at"),
    ("executions", "executions_days", "ended_at"),
    ("replays", "executions_days", "replayed_at"),
)
_DAY_SECS = 86_400


@dataclasses.dataclass(frozen=True, slots=True)
class Expired:
    """A file that is to be removed.

    Attributes:
      rule: the key that says so, with its value.
      age_days: of the newest of what is in it.
    """

    path: str
    rule: str
    age_days: int


def expired(sources: Mapping[str, LoadedSource], layout: OutputLayout, archive: str, now: float) -> Iterator[Expired]:
    """The files of an output that have outlived their rule, as a whole: their newest record has.

    Args:
      sources: all of the folder.
      archive: folder of WARC files.
      now: Unix seconds.
    """
    for loaded in sources.values():
        yield from _rows(loaded, layout, now)
    for name, key, column in _LOGS:
        days = _days(sources, key)
        if days is not None:
            for path in _files(getattr(layout, name), "*"):
                yield from _if_older(path, f"{key}: {days}", days, _newest(path, column), now)
    days = _days(sources, "archive_days")
    if days is not None:
        for path in filesystem.match(archive, "*.warc*"):
            yield from _if_older(path, f"archive_days: {days}", days, _newest_page(path, now - days * _DAY_SECS), now)


def _rows(loaded: LoadedSource, layout: OutputLayout, now: float) -> Iterator[Expired]:
    """By the day in the folder's name: the UTC day on which the pages were fetched."""
    days = loaded.source.retention.rows_days
    if days is None:
        return
    today = datetime.datetime.fromtimestamp(now, datetime.UTC).date()
    for table in loaded.tables.values():
        of = provenance_names(table)["source"]
        for path in _files(layout.rows, f"{table.name}/scrape_date=*/*"):
            day = datetime.date.fromisoformat(path.split("/")[-2].partition("=")[2])
            age = (today - day).days
            if age > days and next(iter(read_records(path, [of])))[of] == loaded.source.source:
                yield Expired(path, f"rows_days: {days}", age)


def _days(sources: Mapping[str, LoadedSource], key: str) -> int | None:
    """What scrapeline.yaml says for all; None when it says nothing: BigQuery's defaults are not for files."""
    said = {
        getattr(loaded.source.retention, key)
        for loaded in sources.values()
        if key in loaded.source.retention.model_fields_set
    }
    return max((one for one in said if one is not None), default=None)


def _if_older(path: str, rule: str, days: int, newest: float | None, now: float) -> Iterator[Expired]:
    if newest is not None and now - newest > days * _DAY_SECS:
        yield Expired(path, rule, int((now - newest) // _DAY_SECS))


def _files(folder: str, pattern: str) -> list[str]:
    return [path for path in filesystem.match(folder, pattern) if path.endswith(_ENDINGS)]


def _newest(path: str, column: str) -> float | None:
    """Unix seconds; None for a file without records."""
    return max((_seconds(record[column]) for record in read_records(path, [column])), default=None)


def _newest_page(path: str, limit: float) -> float | None:
    """When the newest page of an archive was fetched, Unix seconds; None for one that is not to be removed.

    A file that cannot be read to its end stays: nobody knows what it holds.
    """
    name = path.rpartition("/")[2]
    with filesystem.open_to_read(path) as stream:
        first = next(records(stream, name), None)
        if not isinstance(first, Record) or first.date_secs > limit:
            return None
    newest = first.date_secs
    with filesystem.open_to_read(path) as stream:
        for page in read_heads(stream, name):
            if isinstance(page, BrokenRecord):
                return None
            newest = max(newest, page.fetched_at)
    return newest


def _seconds(value: Any) -> float:
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value)
    return float(value.timestamp())
