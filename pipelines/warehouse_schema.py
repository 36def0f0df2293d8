"""The tables in a warehouse that the sources of a folder want."""

import os
from collections.abc import Iterator, Mapping

from schemas.bigquery import TableRefused, TableSpec, log_specs, spec_of
from schemas.bigquery_ddl import create_dataset, create_latest, create_source_views, create_table
from schemas.bigquery_latest import latest_view
from schemas.bigquery_source_views import source_views
from schemas.bigquery_union import union
from schemas.warehouse import TableId, Warehouse
from scrapers.source_files.load import LoadedSource

__all__ = ["specs_for", "statements"]


def specs_for(sources: Mapping[str, LoadedSource], warehouse: Warehouse) -> dict[TableId, TableSpec]:
    """The tables that these sources fill, and the log tables.

    Raises:
      TableRefused: BigQuery cannot have one of them, or two of them would be one; every reason, with the files.
    """
    problems: list[str] = []
    logs = {warehouse.place(name): spec for name, spec in _logs(sources, problems).items()}
    wanted: dict[TableId, dict[str, TableSpec]] = {}
    for loaded in sources.values():
        file = os.path.relpath(loaded.path, loaded.folder)
        for table in loaded.tables.values():
            try:
                spec = spec_of(
                    table,
                    keep_unknown=loaded.source.unknown_fields == "keep",
                    rows_days=loaded.source.retention.rows_days,
                )
            except TableRefused as refused:
                problems += [f"{file}: {line}" for line in str(refused).splitlines()]
            else:
                wanted.setdefault(warehouse.place(table.name), {})[file] = spec
    problems += _taken(wanted, logs)
    specs = {}
    for place, by_file in wanted.items():
        try:
            specs[place] = union(by_file)
        except TableRefused as refused:
            problems.append(str(refused))
    if problems:
        raise TableRefused("\n".join(problems))
    return specs | logs


def statements(specs: Mapping[TableId, TableSpec], location: str = "") -> Iterator[str]:
    """The SQL that makes datasets, tables and views, in an order in which it can be run.

    Args:
      location: of new datasets; empty for BigQuery's default.
    """
    for project, dataset in dict.fromkeys((table.project, table.dataset) for table in specs):
        yield create_dataset(project, dataset, location)
    for table, spec in specs.items():
        yield create_table(spec, table)
    logs = {spec.name: table for table, spec in specs.items() if spec.kind == "log"}
    for table, spec in specs.items():
        if spec.kind == "rows":
            yield create_latest(spec, table, logs["executions"])
    yield from create_source_views(logs["executions"], logs["source_decisions"])


def _logs(sources: Mapping[str, LoadedSource], problems: list[str]) -> dict[str, TableSpec]:
    """The log tables, kept as long as `scrapeline.yaml` says; every source of the folder has that from there."""
    days: dict[str, int] = {}
    for name in ("dead_letters_days", "executions_days"):
        said = {getattr(loaded.source.retention, name) for loaded in sources.values()}
        if len(said) > 1:
            numbers = " and ".join(map(str, sorted(said)))
            problems.append(f"`retention.{name}` is {numbers} in files that sources extend: say it in scrapeline.yaml")
        elif said:
            days[name] = said.pop()
    return log_specs(**days)


def _taken(wanted: Mapping[TableId, Mapping[str, TableSpec]], logs: Mapping[TableId, TableSpec]) -> list[str]:
    """Tables that would stand where another thing stands."""
    problems = []
    views = {latest_view(place): place for place in wanted}
    by_name = {spec.name: place for place, spec in logs.items()}
    of_sources = source_views(by_name["executions"], by_name["source_decisions"])
    for place, by_file in wanted.items():
        files = " and ".join(by_file)
        if place in logs:
            problems.append(f"{files}: {place} is the table of Scrapeline's own {logs[place].name}: name another table")
        if place in of_sources:
            problems.append(f"{files}: {place} is a view of Scrapeline's own, of how sources are: name another table")
        if place in views:
            problems.append(f"{files}: {place} is the view of the newest rows of {views[place]}: name another table")
        if len(names := {spec.name for spec in by_file.values()}) > 1:
            problems.append(f"{files}: tables {' and '.join(sorted(names))} would both be {place}: rename one")
    return problems
