"""What commands about sources read first: the sources, where they write to, and how they are."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.options import Failed, SourceMistakes, find_sources, load_named

if TYPE_CHECKING:
    from pipelines.places import Places
    from schemas.health import Health
    from scrapers.source_files.load import SourceSet

__all__ = ["at_option", "json_option", "read_sources"]

at_option = click.option(
    "--at", metavar="MOMENT", help="A day or moment to ask about instead of now; UTC unless it says otherwise."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON list, for programs.")


def read_sources(
    names: Sequence[str], sources_dir: Path | None, output: str
) -> "tuple[SourceSet, Places, Mapping[str, Health]]":
    """The sources of those names (none: all), where they write to, and the health of each.

    Raises:
      SourceMistakes, Failed
    """
    folder = find_sources(sources_dir)
    sources = load_named(folder, names)
    from pipelines.places import WrongPlace
    from pipelines.source_health.standing import healths, unreadable
    from pipelines.source_outputs import places_of_run

    try:
        where = places_of_run(output, "", folder, list(sources))
    except WrongPlace as error:
        raise SourceMistakes(str(error)) from None
    try:
        return sources, where, healths(where, list(sources))
    except unreadable(where) as error:
        raise Failed(f"{where}: {error}") from None
