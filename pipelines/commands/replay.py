"""`scrapeline dead-letters replay`: what failed goes back in at the stage where it died."""

import contextlib
import dataclasses
import datetime
import secrets
import shutil
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines import exit_status
from pipelines.commands.letter_options import filter_options, opened, where_is
from pipelines.commands.options import (
    Failed,
    SourceMistakes,
    files_option,
    find_sources,
    load_named,
    output_option,
    resolve_option,
    sources_option,
)

if TYPE_CHECKING:
    from pipelines.dead_letters.choice import Ways
    from pipelines.dead_letters.filters import Filters
    from pipelines.dead_letters.lines import Line, Lines
    from pipelines.dead_letters.sending_back import SendingBack
    from pipelines.launcher import Launch
    from pipelines.places import Places
    from pipelines.stores.store import Store
    from scrapers.source_files.load import SourceSet

__all__ = ["replay"]

EPILOG = """\b
Examples:
  scrapeline dead-letters replay --dry-run                 what is open, and how it would go back
  scrapeline dead-letters replay --reason timeout          the site is well again: fetched again
  scrapeline dead-letters replay --reason no_items         the source is mended: archived pages are parsed again
  scrapeline dead-letters replay 6f1c 90ab                 two letters by their ids, unless they are recovered
  scrapeline dead-letters replay --again --source shop     also those that have failed again

\b
What failed while it was fetched is fetched again. What did not parse, a refused item and a row that a table refused
are read from their archived page by the source file of today: no request is sent for it, only for what the page leads
to and was not fetched before. Where the archive does not have the page, and with --fetch, it is fetched.
Of a page whose other items are rows already, only the refused ones become rows: a row_key that the first execution has
written is left out.
A replay is a run of its own: each execution of it names the one whose letters went back (`replay_of`). Replaying twice
writes nothing twice. One that breaks off can be started again as it was, or gone on with by: scrapeline run --resume.
Exit codes: 0 no letter failed again; 1 some did; 2 a mistake in the command line or a source file; 130 stopped.
"""


@click.command(epilog=EPILOG, short_help="Send failures back to where they died.")
@click.argument("letter_ids", nargs=-1, metavar="[ID]...")
@filter_options(statuses=("open", "failed_again", "dropped"), status_help="May be repeated; default: open.")
@click.option("--again", is_flag=True, help="Also those that failed again or were dropped when last replayed.")
@click.option("--fetch", is_flag=True, help="Fetch even pages that the archive has: they were wrong, not the source.")
@click.option("--limit", type=click.IntRange(min=1), help="The most letters; those that failed first go first.")
@click.option("--dry-run", is_flag=True, help="Only say what would go back, and how; fetch and write nothing.")
@output_option
@files_option
@sources_option
@resolve_option
@click.option("--format", "file_format", type=click.Choice(["parquet", "json"]), default="parquet", show_default=True)
@click.option("--workers", type=click.IntRange(min=0), default=0, help="Worker processes; default: what is faster.")
def replay(
    letter_ids: tuple[str, ...],
    filters: "Filters",
    again: bool,
    fetch: bool,
    limit: int | None,
    dry_run: bool,
    output: str,
    files: str,
    sources_dir: Path | None,
    resolve: tuple[str, ...],
    file_format: str,
    workers: int,
) -> None:
    """Send dead letters back in, each at the stage where it died, and say what became of them."""
    if letter_ids and filters.words():
        raise click.UsageError("letters are named by id or chosen by filters, not both")
    if again or letter_ids:  # who names a letter means it
        filters = dataclasses.replace(filters, statuses=("open", "failed_again", "dropped"))
    folder = find_sources(sources_dir)
    where = where_is(output, files, sources_dir)
    from pipelines.dead_letters.choice import Ways
    from pipelines.dead_letters.sending_back import SendingBack

    with opened(where) as store, contextlib.nullcontext() if dry_run else _alone(where.folder):
        lines, chosen = _chosen(store, letter_ids, filters, limit)
        if not chosen:
            click.echo("Nothing goes back: no letter is open and what was asked for. See: scrapeline dead-letters list")
            return
        sources = load_named(folder, sorted({line.source for line in chosen}))
        run_id = f"replay-{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
        sending, ways = SendingBack(store, lines, chosen, run_id, sources, fetch=fetch), Ways(lines, fetch=fetch)
        if dry_run:
            _print_ways(ways.of(sending))
            click.echo("Nothing was fetched or written (--dry-run).")
            return
        flags = ["--sources", str(folder), "--workers", str(workers), "--format", file_format]
        flags += [word for entry in resolve for word in ("--resolve", entry)]
        status = _launch(where, store, lines, (sending, ways), sources, run_id, flags)
    sys.exit(status)


def _alone(folder: str) -> contextlib.AbstractContextManager[object]:
    """Keeps other replays of the same output out, which would write the same rows; on this machine only."""
    from pipelines.resume import StillRunning, own_run
    from transforms.output_layout import OutputLayout

    try:
        return own_run(OutputLayout(folder, "replays", 1)) or contextlib.nullcontext()
    except StillRunning:
        raise Failed(f"another replay is at work on {folder}: wait for its end") from None


def _chosen(
    store: "Store", letter_ids: tuple[str, ...], filters: "Filters", limit: int | None
) -> tuple["Lines", list["Line"]]:
    from pipelines.dead_letters.choice import choose
    from pipelines.dead_letters.filters import WrongFilter
    from pipelines.dead_letters.lines import STAGES, Lines, NoSuchLetter

    lines = Lines(store)
    try:
        filters.check(lines)
        chosen, staying = choose(lines, letter_ids, filters, limit)
    except WrongFilter as error:
        raise click.UsageError(str(error)) from None
    except NoSuchLetter as error:
        raise Failed(f"{error}; the ids are listed by: scrapeline dead-letters list --limit 0") from None
    for line in staying:
        why = line.status.replace("_", " ") if line.stage in STAGES else "of an event: scrapeline events replay"
        click.echo(f"{lines.short(line.letter_id)} stays: it is {why}", err=True)
    return lines, chosen


def _print_ways(ways: "Ways") -> None:
    from pipelines.terminal import open_console, print_table

    if ways.letters:
        print_table(open_console(), *ways.table())
    click.echo(f"{ways.sentence()}.")
    for why, count in Counter(why for _, why in ways.refused).most_common():
        click.echo(f"{count} cannot go back: {why}")


def _launch(
    where: "Places",
    store: "Store",
    lines: "Lines",
    going: "tuple[SendingBack, Ways]",
    sources: "SourceSet",
    run_id: str,
    flags: list[str],
) -> int:
    """Runs the replay, shows what it does, and says what became of the letters; returns the exit status."""
    from pipelines.console import live_counters, print_summary
    from pipelines.dead_letters.replay_plan import TooManyExecutions, write_replay
    from pipelines.launcher import Launcher
    from pipelines.terminal import open_console

    started = time.monotonic()
    scratch = _scratch(where.folder, run_id)
    letters = scratch / "letters"
    letters.mkdir()
    tables = {name: tuple(loaded.tables.values()) for name, loaded in sources.items()}
    try:
        ways = going[1].of(write_replay(letters, going[0], store, lines, tables, where.folder))
    except TooManyExecutions as error:
        shutil.rmtree(scratch, ignore_errors=True)
        raise SourceMistakes(str(error)) from None
    _print_ways(ways)
    if not ways.letters:
        shutil.rmtree(scratch, ignore_errors=True)
        return exit_status.FAILED
    flags = [*flags, *where.words]
    flags += [word for name in sources for word in ("--source", name)]
    console = open_console(stderr=True)
    with live_counters(console, list(sources)) as watch:
        done = Launcher([*flags, "--replay", str(letters)], scratch, run_id, watch).run()
    shutil.rmtree(letters, ignore_errors=True)
    if done.status == exit_status.USAGE:
        shutil.rmtree(scratch, ignore_errors=True)
        raise SourceMistakes(done.errors.strip())
    if done.executions:
        print_summary(console, done.executions, time.monotonic() - started)
    return _told(store, done, run_id, scratch)


def _told(store: "Store", done: "Launch", run_id: str, scratch: Path) -> int:
    """Says what became of the letters."""
    if not done.executions:
        said = [line for line in done.errors.splitlines() if line.strip()] or ["the run broke off"]
        again = f"go on with:  scrapeline run --resume {run_id}  (or replay again: the letters are still open)"
        click.echo(f"Error: {said[-1]}\nLogs: {scratch}\nNothing is lost; {again}", err=True)
        return exit_status.INTERRUPTED if done.interrupted else exit_status.FAILED
    mine = {execution["execution_id"] for execution in done.executions}
    counts: Counter[tuple[str, str]] = Counter()
    for record in store.replays().to_pylist():
        if record["execution_id"] in mine:
            counts[record["outcome"], record["reason"] or ""] += 1
    told = []
    for (outcome, reason), count in sorted(counts.items(), reverse=True):
        told.append(f"{count} {outcome.replace('_', ' ')}" + (f" ({reason})" if reason else ""))
    click.echo(f"Letters: {', '.join(told) or 'none ended'}.")
    if done.interrupted:
        click.echo("Stopped; what was got is written, the other letters are still open: replay again.", err=True)
        return exit_status.INTERRUPTED
    failed = any(outcome == "failed_again" for outcome, _ in counts)
    return exit_status.FAILED if failed or done.status else exit_status.OK


def _scratch(output: str, run_id: str) -> Path:
    base = Path(output) if "://" not in output else Path(".scrapeline")
    folder = base / ".scrapeline" / "launches" / f"{run_id}-{secrets.token_hex(2)}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise Failed(f"cannot write to {output}: {error.strerror}") from None
    return folder
