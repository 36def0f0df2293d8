"""`scrapeline schema`: the tables of a warehouse as the sources want them: printed, compared, made and changed."""

import contextlib
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.options import Failed, SourceMistakes, find_sources, load_named, sources_option

if TYPE_CHECKING:
    from google.cloud import bigquery

    from schemas.bigquery import TableSpec
    from schemas.bigquery_changes import Change
    from schemas.warehouse import TableId, Warehouse

    Specs = Mapping[TableId, TableSpec]
    Found = Mapping[TableId, Sequence[Change] | None]

__all__ = ["schema"]

EPILOG = """\b
Examples:
  scrapeline schema ddl --output bigquery:my-project.web > tables.sql      needs no connection
  bq query --nouse_legacy_sql < tables.sql                                 makes the same tables
  scrapeline schema diff shop --output bigquery:my-project
  scrapeline schema apply --output bigquery:my-project.web --location EU

\b
A run makes tables that are missing by itself, and never changes one: it does not start as long as a row would
lose something or be refused. `apply` adds new columns (+), lets columns be null that sources no longer require,
sets descriptions, expiry and labels (~). What BigQuery cannot change in place (!) is refused, with the way to do
it. Columns that only the table has stay. Each table of rows has a view, TABLE_latest: the newest row of each key.
Credentials: gcloud auth application-default login, or GOOGLE_APPLICATION_CREDENTIALS.
Exit codes: 0 the tables are as the sources want them (ddl: printed); 1 they are not, or BigQuery does not let
you in; 2 a mistake in the command line or in a source file.
"""
_MARKS = {"additive": "+", "relaxing": "~", "setting": "~", "breaking": "!", "remark": " "}

_NEW_COLUMNS = (
    "\nRows that are inserted singly may be refused for some minutes, until every server of BigQuery knows the new "
    "columns; such rows are dead letters that can be replayed."
)

Command = Callable[..., Any]


@click.group(epilog=EPILOG)
def schema() -> None:
    """The tables of a warehouse, as the sources want them."""


def _of_warehouse(command: Command) -> Command:
    """Adds what the three have in common: names, sources_dir, output."""
    command = click.option(
        "--output",
        default="",
        metavar="bigquery:PROJECT[.DATASET]",
        help="The warehouse, as for `run`; default: what the sources say (`output`).",
    )(command)
    return click.argument("names", nargs=-1, metavar="[SOURCE]...")(sources_option(command))


def _location(command: Command) -> Command:
    return click.option("--location", metavar="PLACE", help="Of a dataset that is missing: EU, US, europe-west3, ...")(
        command
    )


@schema.command()
@_of_warehouse
@_location
def ddl(names: tuple[str, ...], sources_dir: Path | None, output: str, location: str | None) -> None:
    """Print the SQL that makes tables and views: of these sources (default: all), and of the logs."""
    from pipelines.warehouse_schema import statements

    _, specs = _specs(names, sources_dir, output)
    click.echo("\n\n".join(statements(specs, location or "")))


@schema.command()
@_of_warehouse
def diff(names: tuple[str, ...], sources_dir: Path | None, output: str) -> None:
    """Show where tables are not as sources want them."""
    warehouse, specs = _specs(names, sources_dir, output)
    with _refusals():
        found = _compared(_client(warehouse), specs)
    _print(found)
    if _is_to_do(found) or _breaking(found):
        raise Failed("the tables are not as the sources want them" + _how(found, names, sources_dir, output))


@schema.command()
@_of_warehouse
@_location
@click.option("--yes", is_flag=True, help="Do not ask.")
def apply(names: tuple[str, ...], sources_dir: Path | None, output: str, location: str | None, yes: bool) -> None:
    """Make missing tables, change what can be changed."""
    from transforms.bigquery.tables import apply_changes

    warehouse, specs = _specs(names, sources_dir, output)
    with _refusals():
        client = _client(warehouse)
        found = _compared(client, specs)
        _print(found)
        if _is_to_do(found):
            if not yes:
                click.confirm("Do this?", abort=True, err=True)
            apply_changes(client, specs, location=location)
            click.echo("done" + _NEW_COLUMNS * _has(found, "additive"))
    if refused := _breaking(found):
        raise Failed(f"{refused} of the differences cannot be changed in place: see ! above")


def _specs(names: Sequence[str], sources_dir: Path | None, output: str) -> "tuple[Warehouse, Specs]":
    from pipelines.places import WrongPlace
    from pipelines.source_outputs import places_of_run
    from pipelines.warehouse_schema import specs_for
    from schemas.bigquery import TableRefused

    folder = find_sources(sources_dir)
    sources = load_named(folder, names)
    try:
        where = places_of_run(output, "", folder, names or None)
        if where.warehouse is None:
            raise WrongPlace(f"--output: {where} is a folder, without tables; expected bigquery:PROJECT[.DATASET]")
        return where.warehouse, specs_for(sources, where.warehouse)
    except WrongPlace as error:
        raise SourceMistakes(str(error)) from None
    except TableRefused as refused:
        raise SourceMistakes(f"BigQuery cannot have these tables\n{refused}") from None


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    from transforms.bigquery.connection import WarehouseUnavailable
    from transforms.bigquery.refusals import WarehouseRefused

    try:
        yield
    except (WarehouseRefused, WarehouseUnavailable) as error:
        raise Failed(str(error)) from None


def _client(warehouse: "Warehouse") -> "bigquery.Client":
    from transforms.bigquery.connection import connect
    from transforms.bigquery.refusals import explained

    with explained(str(warehouse)):
        return connect(warehouse.project)


def _compared(client: "bigquery.Client", specs: "Specs") -> "Found":
    from transforms.bigquery.tables import differences

    return differences(client, specs)


def _print(found: "Found") -> None:
    same = sum(1 for changes in found.values() if changes is not None and not changes)
    for table, changes in found.items():
        if changes is None:
            click.echo(f"+ {table} is missing: it is made")
        elif changes:
            click.echo(str(table))
        for change in changes or ():
            click.echo(f"  {_MARKS[change.kind]} {change.text}")
            if change.remedy:
                click.echo(f"      {change.remedy}")
    if same:
        click.echo(f"{same} of {len(found)} tables and views are as the sources want them")


def _is_to_do(found: "Found") -> bool:
    from schemas.bigquery_changes import applicable

    return any(changes is None or applicable(changes) for changes in found.values())


def _has(found: "Found", kind: str) -> bool:
    return any(change.kind == kind for changes in found.values() for change in changes or ())


def _breaking(found: "Found") -> int:
    return sum(change.kind == "breaking" for changes in found.values() for change in changes or ())


def _how(found: "Found", names: Sequence[str], sources_dir: Path | None, output: str) -> str:
    if not _is_to_do(found):
        return ": see ! above"
    given = [
        *names,
        *(["--sources", str(sources_dir)] if sources_dir else []),
        *(["--output", output] if output else []),
    ]
    return f"; to change them: {shlex.join(['scrapeline', 'schema', 'apply', *given])}"
