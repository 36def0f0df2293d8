"""`scrapeline sources enable` and `disable`: what people decide about sources, kept with who, when and why."""

import getpass
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.options import Failed, output_option, sources_option
from pipelines.commands.source_reading import read_sources

if TYPE_CHECKING:
    from pipelines.places import Places
    from schemas.decision import Action

__all__ = ["disable", "enable"]

_ENABLE = """\b
Its backoff ends at once, and its failures are counted anew. A schedule (--schedule) can be turned on when the last
whole run of the source was well: neither failed nor degraded nor blocked. `enabled: true` in the file alone turns no
schedule on; `enabled: false` there keeps it off. Who did it, when and why is kept in the output:
OUT/.scrapeline/sources.sqlite, or the table source_decisions of the warehouse.
Examples:
  scrapeline sources enable shop --because "selectors mended"
  scrapeline sources enable shop events --schedule
Exit codes: 0 done; 1 a source has not passed its check, or decisions cannot be kept there; 2 a mistake in the command
line or a source file.
"""
_DISABLE = """\b
A disabled source runs only when a person names it. With --schedule only its schedule is turned off.
Examples:
  scrapeline sources disable shop --because "the contract ends"
  scrapeline sources disable shop --schedule --because "Cloud Scheduler does it now"
Exit codes: 0 done; 1 decisions cannot be kept there; 2 a mistake in the command line or a source file.
"""
_DONE: "dict[Action, str]" = {
    "enable": "enabled",
    "disable": "disabled",
    "schedule": "its schedule is on",
    "unschedule": "its schedule is off",
}
by_option = click.option("--by", metavar="WHO", help="Who decides this; default: this machine's user.")


@click.command(epilog=_ENABLE)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@sources_option
@output_option
@click.option("--schedule", is_flag=True, help="Turn its schedule on, if the source has passed its check.")
@click.option("--because", default="", metavar="WHY", help="Why.")
@by_option
def enable(
    names: tuple[str, ...], sources_dir: Path | None, output: str, schedule: bool, because: str, by: str | None
) -> None:
    """Let sources run again: ends their backoff; with --schedule, let them run by themselves."""
    sources, where, found = read_sources(names, sources_dir, output)
    from pipelines.scheduling.due import unfit_because

    if schedule:
        refused = [f"{name}: {why}" for name in sources if (why := unfit_because(sources[name], found[name]))]
        if refused:
            raise Failed("nothing was changed, since a schedule cannot be turned on\n" + "\n".join(refused))
    actions: Sequence[Action] = ("enable", "schedule") if schedule else ("enable",)
    _decide(where, list(sources), actions, by, because)


@click.command(epilog=_DISABLE)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@sources_option
@output_option
@click.option("--schedule", is_flag=True, help="Turn only its schedule off.")
@click.option("--because", required=True, metavar="WHY", help="Why.")
@by_option
def disable(
    names: tuple[str, ...], sources_dir: Path | None, output: str, schedule: bool, because: str, by: str | None
) -> None:
    """Keep sources, or only their schedules, from running by themselves."""
    sources, where, _ = read_sources(names, sources_dir, output)
    _decide(where, list(sources), ("unschedule",) if schedule else ("disable",), by, because)


def _decide(where: "Places", names: list[str], actions: "Sequence[Action]", by: str | None, because: str) -> None:
    from pipelines.source_health.book import open_book
    from pipelines.source_health.standing import unreadable
    from schemas.decision import Decision

    who, now = by or _user(), time.time()
    decisions = [Decision(name, action, now, who, because) for name in names for action in actions]
    try:
        open_book(where).add(decisions)
    except unreadable(where) as error:
        raise Failed(f"{where}: {error}") from None
    for name in names:
        click.echo(f"{name}: {', '.join(_DONE[action] for action in actions)} (by {who})")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        raise Failed("this machine's user has no name: say who decides this, --by NAME") from None
