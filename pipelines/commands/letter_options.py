"""What the commands about dead letters share: which output, which letters."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.moments import moment
from pipelines.commands.options import Failed, SourceMistakes, find_sources, holds_sources

if TYPE_CHECKING:
    from pipelines.dead_letters.filters import Filters
    from pipelines.places import Places
    from pipelines.stores.store import Store

__all__ = ["filter_options", "filters_of", "opened", "place_words", "quiet_sources", "where_is"]

Command = Callable[..., Any]


def filter_options(*, statuses: tuple[str, ...], status_help: str) -> Callable[[Command], Command]:
    """Adds the filters, as one argument `filters: Filters`."""
    options = (
        click.option("--reason", "reasons", multiple=True, metavar="REASON", help="timeout, invalid_item, ..."),
        click.option("--source", "sources", multiple=True, metavar="NAME", help="Letters of this source."),
        click.option(
            "--stage",
            "stages",
            multiple=True,
            type=click.Choice(["event", "scrape", "parse", "validate", "write", "publish"]),
            help="Where they died.",
        ),
        click.option("--since", metavar="TIME", help="Failed from this day or moment (UTC) on: 2026-11-20[T14:00]."),
        click.option("--until", metavar="TIME", help="Failed before this day or moment (UTC)."),
        click.option("--execution", "executions", multiple=True, metavar="ID", help="Of this execution, or a replay."),
        click.option("--status", "statuses", multiple=True, type=click.Choice(statuses), help=status_help),
    )

    def add(command: Command) -> Command:
        @functools.wraps(command)
        def with_filters(*args: Any, since: str | None, until: str | None, **more: Any) -> Any:
            names = ("reasons", "sources", "stages", "executions", "statuses")
            filters = filters_of(since, until, {name: more.pop(name) for name in names})
            return command(*args, filters=filters, **more)

        wrapped: Command = with_filters
        for option in reversed(options):
            wrapped = option(wrapped)
        return wrapped

    return add


def filters_of(since: str | None, until: str | None, given: dict[str, Any]) -> "Filters":
    """The filters of a command line; of none of `statuses`, open letters are meant."""
    from pipelines.dead_letters.filters import Filters

    since_secs, until_secs = moment(since, "--since", float("-inf")), moment(until, "--until", float("inf"))
    given["statuses"] = given["statuses"] or ("open",)
    return Filters(since=since_secs, until=until_secs, **given)


def where_is(output: str, files: str, sources_dir: Path | None) -> "Places":
    """The store that is meant: the one named, else the one that sources name, else ./out."""
    from pipelines.places import WrongPlace, places
    from pipelines.source_outputs import places_of_run
    from scrapers.source_files.load import SourceFileErrors
    from transforms import filesystem

    folder = None if output and not output.startswith("bigquery:") else quiet_sources(sources_dir)
    try:
        where = places_of_run(output, files, folder, None) if folder is not None else places(output or "out", files)
    except WrongPlace as error:
        raise click.UsageError(str(error)) from None
    except SourceFileErrors as errors:
        raise SourceMistakes(f"{errors}\nOr name the output: --output") from None
    if where.warehouse is None and filesystem.is_local(where.folder) and not Path(where.folder).is_dir():
        raise click.UsageError(f"there is no folder {where.folder}; name the output of a run: --output")
    return where


def quiet_sources(sources_dir: Path | None) -> Path | None:
    """The folder of sources, if there is one; nothing is said."""
    if sources_dir is not None:
        return find_sources(sources_dir)
    return next((folder for folder in (Path("sources"), Path()) if folder.is_dir() and holds_sources(folder)), None)


def place_words(output: str, files: str, sources_dir: Path | None) -> list[str]:
    """The words of a command line that lead to the same output and sources."""
    given = {"--output": output, "--files": files, "--sources": str(sources_dir or "")}
    return [word for option, value in given.items() if value for word in (option, value)]


@contextlib.contextmanager
def opened(where: "Places") -> Iterator["Store"]:
    """The store of an output; a warehouse that does not let us in is said in a sentence."""
    from pipelines.stores.store import open_store

    if where.warehouse is None:
        yield open_store(where)
        return
    from transforms.bigquery.connection import WarehouseUnavailable
    from transforms.bigquery.refusals import WarehouseRefused

    try:
        yield open_store(where)
    except (WarehouseUnavailable, WarehouseRefused) as error:
        raise Failed(str(error)) from None
