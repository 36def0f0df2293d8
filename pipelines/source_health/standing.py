"""How the sources of an output are: its execution log and its book of decisions, folded."""

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from pipelines.places import Places
from pipelines.source_health.book import is_local, local_file, open_book
from pipelines.source_health.folder_log import FolderLog
from schemas.health import COLUMNS, LADDER_HOURS, PATIENCE, Ended, Health, health_of

__all__ = ["healths", "open_log", "unreadable"]

LOOK_BACK = (200, 1_000, 5_000)
"""Executions of all sources in a warehouse or bucket, the newest: more are looked at only while those of some source do
not tell its level."""


def open_log(where: Places) -> FolderLog | None:
    """The execution log of an output, to be asked again and again; None where it is asked as it is."""
    return FolderLog(where.folder, local_file(where)) if where.warehouse is None and is_local(where) else None


def healths(where: Places, names: Collection[str] | None, log: FolderLog | None = None) -> dict[str, Health]:
    """Source -> its health; every name is there.

    Args:
      names: None for all sources that ran lately or about which somebody decided.
      log: of `open_log`, kept from one call to the next; None: all of it is looked through.

    Raises:
      what `unreadable` gives.
    """
    decisions = open_book(where).decisions()
    log = log or open_log(where)
    ended = log.telling() if log else _ended(where, None if names is None else set(names))
    known = {*ended, *(one.source for one in decisions)} if names is None else names
    return {name: health_of(name, ended.get(name, ()), decisions) for name in sorted(known)}


def unreadable(where: Places) -> tuple[type[Exception], ...]:
    """How reading an output can fail."""
    if where.warehouse is None:
        return OSError, ValueError, sqlite3.Error
    from transforms.bigquery.connection import WarehouseUnavailable  # Google's client takes its time to import
    from transforms.bigquery.refusals import WarehouseRefused

    return OSError, ValueError, sqlite3.Error, WarehouseUnavailable, WarehouseRefused


def _ended(where: Places, names: set[str] | None) -> dict[str, list[Ended]]:
    """By source; those of others may be among them."""
    from pipelines.stores.store import open_store

    store = open_store(where)
    found: dict[str, list[Ended]] = {}
    for newest in LOOK_BACK:
        table = store.executions(COLUMNS, names, newest)
        found = _by_source(map(Ended.of_record, table.to_pylist()))
        unsure = [name for name in names or tuple(found) if not _tells(found.get(name, ()))]
        if not unsure or (names is None and table.num_rows < newest):
            return found
    crowded = {name for name in unsure if not all(one.is_whole for one in found.get(name, ()))}
    if crowded:  # what was left out, or asked for some URLs only, has crowded out what counts
        found |= _by_source(map(Ended.of_record, store.executions(COLUMNS, crowded).to_pylist()))
    return found


def _by_source(ended: Iterable[Ended]) -> dict[str, list[Ended]]:
    found: dict[str, list[Ended]] = defaultdict(list)
    for one in ended:
        found[one.source].append(one)
    return dict(found)


def _tells(ended: Sequence[Ended]) -> bool:
    """Whether older executions could not change the level: there is a success, or as many failures as it takes."""
    whole = [one for one in ended if one.is_whole]
    return any(one.status != "failed" for one in whole) or len(whole) >= PATIENCE + len(LADDER_HOURS)
