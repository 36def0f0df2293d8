"""`scrapeline sources status` and `due`: how sources are, and which should run now."""

import time
from pathlib import Path

import click

from pipelines.commands.moments import moment
from pipelines.commands.options import output_option, sources_option
from pipelines.commands.source_reading import at_option, json_option, read_sources
from pipelines.terminal import open_console, print_json, print_table

__all__ = ["due", "status"]

_STATUS = """\b
States:
  new       not run yet, or not since it was enabled
  ok        its last run was no failure
  failing   1 or 2 failures in a row
  backoff   left out: for 2 h after 3 failures in a row, then after each next one for 4, 8, 16, 32 h
  probe     its backoff is over: the next run tries it, and a success ends the row
  disabled  by a person

\b
Why it failed last:
  blocked      the site keeps us out: a block page, a login wall
  unreachable  no answer: time-outs, connections, 5xx
  broken       pages are not what the source file says: mend it
  ours         browser, table, address, event
  checks       rows came, but not as the source's checks ask
  empty        no rows, and nothing failed

\b
Runs with --limit or --urls, cancelled runs, replays and reparses are neither failures nor successes. --json also has
enabled, auto_disabled, in_backoff, scheduled, and who decided what, when and why.
Examples:
  scrapeline sources status
  scrapeline sources status shop --json
  scrapeline sources status --output bigquery:PROJECT.DATASET
Exit codes: 0 all are available; 1 one is disabled or in backoff, or the log cannot be read; 2 a mistake in the command
line or a source file.
"""
_DUE = """\b
Due is a source whose schedule is on, whose last moment has come since it was turned on, and that has not been run
since. Schedules go by the clock on the wall of their time zone, as Cloud Scheduler's do: a time that a day lacks fires
nothing, one that it has twice fires twice. Those in backoff or disabled are named apart, on standard error.
Examples:
  scrapeline sources due                       one name a line, for scripts
  scrapeline sources due --at 2026-11-22T02:00
Exit codes: 0 also when none is due; 1 the log cannot be read; 2 a mistake in the command line or a source file.
"""


@click.command(epilog=_STATUS)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@sources_option
@output_option
@at_option
@json_option
def status(names: tuple[str, ...], sources_dir: Path | None, output: str, at: str | None, as_json: bool) -> None:
    """How sources are: failures in a row, backoff, why, last success, next run."""
    now = moment(at, "--at", time.time())
    sources, _, found = read_sources(names, sources_dir, output)
    from pipelines.source_health.listing import HEADINGS, cells, record

    if as_json:
        print_json([record(loaded, found[name], now) for name, loaded in sources.items()])
    else:
        rows = [cells(loaded, found[name], now) for name, loaded in sources.items()]
        print_table(open_console(), HEADINGS, rows)
    raise SystemExit(0 if all(found[name].is_available(now) for name in sources) else 1)


@click.command(epilog=_DUE)
@sources_option
@output_option
@at_option
@json_option
def due(sources_dir: Path | None, output: str, at: str | None, as_json: bool) -> None:
    """Which sources should run now by their schedules, and may."""
    now = moment(at, "--at", time.time())
    sources, where, found = read_sources((), sources_dir, output)
    from pipelines.scheduling.due import due as due_of
    from pipelines.source_health.book import local_file
    from pipelines.source_health.sqlite_book import SqliteBook
    from pipelines.source_health.wording import iso_text, moment_text, out_because

    ready = []
    for one in due_of(sources, found, SqliteBook(local_file(where)).last_ticks(), now):
        if why := out_because(found[one.source], now):
            click.echo(f"{one.source}: due since {moment_text(one.tick)}, left out: {why}", err=True)
        else:
            ready.append(one)
    if as_json:
        print_json([{"source": one.source, "due_since": iso_text(one.tick)} for one in ready])
        return
    for one in ready:
        click.echo(one.source)
