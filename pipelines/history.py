"""What the execution log says of earlier runs of the sources that are to run: what drift is measured against."""

import dataclasses
import datetime
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipelines.places import Places
from pipelines.stores.store import Store, open_store
from schemas.history import COLUMNS, LEAST_RUNS, PastRun, history_of
from schemas.plan import Plan
from scrapers.source_files.load import LoadedSource

__all__ = ["by_source", "unreadable", "with_history", "with_history_of"]

_LOG = logging.getLogger(__name__)
_LOOK_BACK = (300, 5_000)
"""Executions of all sources, the newest: the second number only where some source has too few among the first. 300 in
a folder are looked through in 0.2 s, 5,000 in 3 s."""


def with_history(plans: Sequence[Plan], sources: Mapping[str, LoadedSource], where: Places) -> list[Plan]:
    """The plans, each with the history of its source. A log that cannot be read is no failure: there is no history."""
    names = {plan.source for plan in plans if _fetches(plan)}
    try:
        runs = _runs(open_store(where), names) if names else {}
    except unreadable(where) as error:
        _LOG.warning("%s: what fell against earlier runs cannot be told: %s", where, error)
        return list(plans)
    return [with_history_of(plan, sources[plan.source], runs.get(plan.source, ())) for plan in plans]


def with_history_of(plan: Plan, loaded: LoadedSource, runs: Sequence[PastRun]) -> Plan:
    """The plan with the history that these runs of its source are; one that fetches nothing new has none."""
    return _of_plan(plan, loaded, runs) if _fetches(plan) else plan


def _fetches(plan: Plan) -> bool:
    """Whether it asks for all that the source has, as the runs do that it is compared with."""
    return not (plan.replay_of or plan.reparse_of)


def unreadable(where: Places) -> tuple[type[Exception], ...]:
    """How reading its log can fail."""
    if where.warehouse is None:
        return OSError, ValueError
    from transforms.bigquery.connection import WarehouseUnavailable  # Google's client takes its time to import
    from transforms.bigquery.refusals import WarehouseRefused

    return OSError, ValueError, WarehouseUnavailable, WarehouseRefused


def _of_plan(plan: Plan, loaded: LoadedSource, runs: Sequence[PastRun]) -> Plan:
    begin = _moment(loaded.source.checks.compare_since)
    params = json.loads(json.dumps(plan.params, default=str))  # as the log has them
    of_same = [
        run for run in runs if run.at >= begin and run.execution_id != plan.execution_id and run.params == params
    ]
    history = history_of(of_same, plan.started_at, _read_on(loaded))
    return dataclasses.replace(plan, history=dataclasses.asdict(history))


def _moment(text: str | None) -> float:
    """Unix seconds of a day or moment, in UTC where it names no zone; 0 for none."""
    moment = datetime.datetime.fromisoformat(text or "1970-01-01")
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()


def _read_on(loaded: LoadedSource) -> dict[str, str]:
    """Field -> the page type that it is read on: the first, where several do."""
    read_on: dict[str, str] = {}
    for name, page in loaded.source.page_types().items():
        for field in page.fields:
            read_on.setdefault(field, name)
    return read_on


def _runs(store: Store, names: set[str]) -> dict[str, list[PastRun]]:
    """Source -> its runs that fetched by themselves."""
    found: dict[str, list[PastRun]] = {}
    for newest in _LOOK_BACK:
        found = by_source(store.executions(COLUMNS, names, newest).to_pylist())
        if all(sum(run.is_well for run in found.get(name, ())) >= LEAST_RUNS for name in names):
            break
    return found


def by_source(records: Iterable[Mapping[str, Any]]) -> dict[str, list[PastRun]]:
    """Source -> its runs that fetched by themselves, of records of the log (COLUMNS)."""
    found: dict[str, list[PastRun]] = {}
    for record in records:
        if not (record["reparse_of"] or record["replay_of"]):
            found.setdefault(record["source"], []).append(PastRun.of_record(record))
    return found
