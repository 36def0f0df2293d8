"""How the sources of an output are: its execution log and its book of decisions, folded."""

import sqlite3
from collections import defaultdict
from collections.abc import Collection

from pipelines.places import Places
from pipelines.source_health.book import open_book
from pipelines.stores.store import Store, open_store
from schemas.health import COLUMNS, LADDER_HOURS, PATIENCE, Ended, Health, health_of

__all__ = ["healths", "unreadable"]

LOOK_BACK = (200, 1_000, 5_000)
"""Executions of all sources, the newest: more are looked at only while those of some source do not tell its level."""


def healths(where: Places, names: Collection[str] | None) -> dict[str, Health]:
    """Source -> its health; every name is there.

    Args:
      names: None for all sources that ran lately or about which somebody decided.

    Raises:
      what `unreadable` gives.
    """
    decisions = open_book(where).decisions()
    ended = _ended(open_store(where), None if names is None else set(names))
    known = {*ended, *(one.source for one in decisions)} if names is None else names
    return {name: health_of(name, ended[name], decisions) for name in sorted(known)}


def unreadable(where: Places) -> tuple[type[Exception], ...]:
    """How reading an output can fail."""
    if where.warehouse is None:
        return OSError, ValueError, sqlite3.Error
    from transforms.bigquery.connection import WarehouseUnavailable  # Google's client takes its time to import
    from transforms.bigquery.refusals import WarehouseRefused

    return OSError, ValueError, sqlite3.Error, WarehouseUnavailable, WarehouseRefused


def _ended(store: Store, names: set[str] | None) -> dict[str, list[Ended]]:
    found: dict[str, list[Ended]] = defaultdict(list)
    for newest in LOOK_BACK:
        found.clear()
        for record in store.executions(COLUMNS, names, newest).to_pylist():
            found[record["source"]].append(Ended.of_record(record))
        if all(_tells(found[name]) for name in names or tuple(found)):
            break
    return found


def _tells(ended: list[Ended]) -> bool:
    """Whether older executions could not change the level: there is a success, or as many failures as it takes."""
    whole = [one for one in ended if one.is_whole]
    return any(one.status != "failed" for one in whole) or len(whole) >= PATIENCE + len(LADDER_HOURS)
