"""Sources that a run leaves out, said on the screen."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines import exit_status
from pipelines.commands.options import load_named

if TYPE_CHECKING:
    from pipelines.places import Places

__all__ = ["available"]


def available(where: "Places", folder: Path, names: list[str]) -> list[str]:
    """The names of the sources that may run; none: all of the folder. A line says why each of the others may not.

    Ends the process with status 0 when none is left: that is how it should be, and no failure.

    Args:
      names: of the sources that were asked for; none: all of the folder.
    """
    from pipelines.source_health.leaving_out import left_out

    out = left_out(where, names or None, time.time())
    if not out:
        return names
    chosen = names or list(load_named(folder))
    for name in chosen:
        if name in out:
            click.echo(f"{name}: left out: {out[name]}", err=True)
    left = [name for name in chosen if name not in out]
    if not left:
        click.echo("No source is left to run.", err=True)
        sys.exit(exit_status.OK)
    return left
