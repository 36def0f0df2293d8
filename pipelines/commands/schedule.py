"""`scrapeline schedule`: a local clock that runs sources when their schedules say so."""

import datetime
import signal
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from pipelines import exit_status
from pipelines.commands.options import (
    SourceMistakes,
    files_option,
    find_sources,
    load_named,
    output_option,
    resolve_option,
    sources_option,
)

if TYPE_CHECKING:
    from pipelines.places import Places
    from pipelines.scheduling.local_clock import LocalClock

__all__ = ["schedule"]

EPILOG = """\b
What runs when:
  schedule: {cron: "0 2 * * SUN", timezone: UTC}     in a source file, and
  scrapeline sources enable shop --schedule          after a whole run of it was well

\b
Each run is `scrapeline run NAME --scheduled`, one of a source at a time; to run one at once: scrapeline run NAME.
Schedules go by the clock on the wall of their time zone, as Cloud Scheduler's do. Of the moments that passed while
nothing watched, the last is run once, the others are not. Sources in backoff or disabled are left out. Source files and
decisions are read anew each minute. SIGTERM or Ctrl-C: nothing more is started, what runs ends; twice: runs are stopped
(scrapeline run --resume goes on with them). Logs of runs: OUT/.scrapeline/scheduled.
Examples:
  scrapeline schedule                          until it is stopped
  scrapeline schedule --once                   what is due now, as from a cron of your own
  scrapeline schedule --output bigquery:PROJECT.DATASET --at-once 2
Exit codes: 0 stopped, or with --once all runs were well; 1 with --once, one failed; 2 a mistake in the command line or
a source file.
"""


@click.command(epilog=EPILOG)
@sources_option
@resolve_option
@output_option
@files_option
@click.option("--once", is_flag=True, help="Run what is due now, wait for it, and end.")
@click.option(
    "--at-once", type=click.IntRange(min=1), default=5, show_default=True, help="The most runs that go on at a time."
)
def schedule(
    sources_dir: Path | None, resolve: tuple[str, ...], output: str, files: str, once: bool, at_once: int
) -> None:
    """Run sources when their schedules say so, for those without Cloud Scheduler."""
    folder = find_sources(sources_dir)
    loaded = load_named(folder)
    from pipelines.places import WrongPlace
    from pipelines.scheduling.local_clock import LocalClock
    from pipelines.scheduling.scheduled_runs import ScheduledRuns
    from pipelines.source_outputs import places_of_run

    try:
        where = places_of_run(output, files, folder, list(loaded))
    except WrongPlace as error:
        raise SourceMistakes(str(error)) from None
    runs = ScheduledRuns(folder, where, _flags(where, resolve), _say)
    clock = LocalClock(runs.due, runs.claim, runs.start, runs.now, _say, at_once)
    _stop_on_signals(clock)
    scheduled = sum(one.source.schedule is not None for one in loaded.values())
    if not once:
        _say(f"{scheduled} of {len(loaded)} sources have a schedule; output: {where}")
    clock.run(once=once)
    raise SystemExit(exit_status.FAILED if once and clock.failed else exit_status.OK)


def _flags(where: "Places", resolve: tuple[str, ...]) -> list[str]:
    return [*where.words, *(word for entry in resolve for word in ("--resolve", entry))]


def _say(line: str) -> None:
    click.echo(f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M:%S} UTC  {line}", err=True)


def _stop_on_signals(clock: "LocalClock") -> None:
    def stopped(_number: int, _frame: FrameType | None) -> None:
        clock.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stopped)
