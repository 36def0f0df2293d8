"""Tables and their views in BigQuery: made where they are missing, compared where they are there, grown on request."""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from google.cloud import bigquery

from schemas.bigquery import TableSpec
from schemas.bigquery_changes import Change, applicable
from schemas.bigquery_latest import latest_resource, latest_view
from schemas.bigquery_source_views import source_view_resources
from schemas.warehouse import TableId
from transforms.bigquery.refusals import explained
from transforms.bigquery.table_calls import (
    Dataset,
    compared,
    compared_view,
    create,
    create_dataset,
    grow,
    location_of,
    names_in,
    renew_view,
)

__all__ = ["apply_changes", "check_tables", "differences", "ensure_tables"]

A = TypeVar("A")
B = TypeVar("B")
R = TypeVar("R")
AT_ONCE = 8


def ensure_tables(
    client: bigquery.Client, specs: Mapping[TableId, TableSpec], *, location: str | None = None
) -> dict[TableId, list[Change]]:
    """Makes the datasets, tables and views that are missing; two workers may do so at once.

    A table of rows gets its `<table>_latest` if the table of executions is among the specs; with the table of decisions
    about sources it gets the views of sources, unless log tables of an older version lack what those read.

    Args:
      location: of a dataset that has to be made; None: where the others of these are, else BigQuery's default.

    Returns:
      What tables that were there already have otherwise; a table without differences is not in it.

    Raises:
      WarehouseRefused, WarehouseUnavailable
    """
    with explained():
        _ensure_datasets(client, _datasets(specs), location)
        there = _names(client, _datasets(specs))
        found = _together(functools.partial(_ensure, client, there), specs)
        views = _latest_views(specs) | ({} if _lack(found, specs) else _source_views(specs))
        missing = {view: resource for view, resource in views.items() if view not in there}
        _together(lambda _, resource: create(client, resource), missing)
        return {table: changes for table, changes in found.items() if changes}


def check_tables(
    client: bigquery.Client, specs: Mapping[TableId, TableSpec], *, location: str | None = None
) -> list[str]:
    """Makes what is missing, and says why rows could not be written to the other tables as they are.

    Returns:
      A sentence for each reason; none: all is well.

    Raises:
      WarehouseRefused, WarehouseUnavailable
    """
    found = ensure_tables(client, specs, location=location)
    return [change.told(table) for table, changes in found.items() for change in changes if change.blocks]


def differences(client: bigquery.Client, specs: Mapping[TableId, TableSpec]) -> dict[TableId, list[Change] | None]:
    """Tables and views against what they should be; None for one that is missing. Nothing is changed.

    Raises:
      WarehouseRefused, WarehouseUnavailable
    """

    def table_changes(table: TableId, spec: TableSpec) -> list[Change] | None:
        return compared(client, spec, table) if table in there else None

    def view_changes(view: TableId, resource: Mapping[str, Any]) -> list[Change] | None:
        return compared_view(client, view, resource) if view in there else None

    with explained():
        there = _names(client, _datasets(specs))
        return _together(table_changes, specs) | _together(view_changes, _views(specs))


def apply_changes(client: bigquery.Client, specs: Mapping[TableId, TableSpec], *, location: str | None = None) -> None:
    """Makes what is missing and changes what can be changed; what is breaking stays as it is.

    Args:
      location: as for `ensure_tables`.

    Raises:
      WarehouseRefused, WarehouseUnavailable
    """
    differ = ensure_tables(client, specs, location=location)
    with explained():
        _together(
            lambda table, spec: grow(client, spec, table),
            {table: specs[table] for table, changes in differ.items() if applicable(changes)},
        )
    left = ensure_tables(client, specs, location=location) if differ else {}  # views that waited for the changes
    with explained():
        _together(
            functools.partial(renew_view, client),
            _latest_views(specs) | ({} if _lack(left, specs) else _source_views(specs)),
        )


def _datasets(tables: Iterable[TableId]) -> list[Dataset]:
    return sorted({(table.project, table.dataset) for table in tables})


def _ensure_datasets(client: bigquery.Client, places: Sequence[Dataset], location: str | None) -> None:
    """Makes those that are missing: where the others are, since a view cannot join across locations."""
    found = _together(lambda place, _: location_of(client, place), dict.fromkeys(places))
    elsewhere = set(found.values()) - {""}
    near = elsewhere.pop() if len(elsewhere) == 1 else None
    for place in places:
        if not found[place]:
            create_dataset(client, place, location or near)


def _names(client: bigquery.Client, places: Sequence[Dataset]) -> set[TableId]:
    """All tables and views of these datasets."""
    return set().union(*_together(lambda place, _: names_in(client, place), dict.fromkeys(places)).values())


def _views(specs: Mapping[TableId, TableSpec]) -> dict[TableId, dict[str, Any]]:
    """The views that belong to tables of rows, and those of all sources."""
    return _latest_views(specs) | _source_views(specs)


def _latest_views(specs: Mapping[TableId, TableSpec]) -> dict[TableId, dict[str, Any]]:
    executions = _logs(specs, "executions")
    rows = {table: spec for table, spec in specs.items() if spec.kind == "rows"} if executions else {}
    return {latest_view(table): latest_resource(spec, table, executions[0]) for table, spec in rows.items()}


def _source_views(specs: Mapping[TableId, TableSpec]) -> dict[TableId, dict[str, Any]]:
    logs = _logs(specs)
    return source_view_resources(logs[0], logs[1]) if len(logs) == 2 else {}


def _lack(found: Mapping[TableId, Sequence[Change]], specs: Mapping[TableId, TableSpec]) -> bool:
    """Whether log tables lack columns that the views of sources may read."""
    return any(change.kind == "additive" for log in _logs(specs) for change in found.get(log, ()))


def _logs(specs: Mapping[TableId, TableSpec], *names: str) -> list[TableId]:
    """The log tables that views read, in the order of their names."""
    by_name = {spec.name: table for table, spec in specs.items() if spec.kind == "log"}
    return [by_name[name] for name in names or ("executions", "source_decisions") if name in by_name]


def _ensure(client: bigquery.Client, there: set[TableId], table: TableId, spec: TableSpec) -> list[Change]:
    if table not in there and create(client, spec.resource(table)):
        return []
    return compared(client, spec, table)


def _together(work: Callable[[A, B], R], things: Mapping[A, B]) -> dict[A, R]:
    """Several at once: a folder of 200 sources would otherwise wait for 200 answers one by one."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(things, pool.map(work, things.keys(), things.values()), strict=True))
