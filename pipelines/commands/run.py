"""`scrapeline run`: sources to rows, on this machine or on any engine that Beam has."""

import datetime
import secrets
import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines import exit_status
from pipelines.commands.left_out import available
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
from pipelines.commands.streaming_options import streaming_options

if TYPE_CHECKING:
    from pipelines.launcher import Launch
    from pipelines.places import Places

__all__ = ["run"]

EPILOG = """\b
Examples:
  scrapeline run shop                          all of one source, into ./out
  scrapeline run shop events --limit 5         five pages of each: a first look
  scrapeline run                               every source of the folder
  scrapeline run shop -o rows.jsonl            the rows in one file as well (also .csv, or - for the screen)
  scrapeline run shop --output bigquery:PROJECT.DATASET    into tables of BigQuery, made on the first run
  scrapeline run shop --param category=a,b     other seeds
  scrapeline run shop --dry-run                what would be asked of whom, and how fast
  scrapeline run --resume 20261122T020000Z-4f1a    goes on with a run that ended early
  scrapeline run --streaming --spool events    works on requests as they come (scrapeline events publish)
  scrapeline run shop --workers 2 --direct_job_name=x   options of Beam go through as they are

\b
Output: OUT/rows/TABLE/scrape_date=DAY/*.parquet, OUT/dead_letters, OUT/executions, OUT/archive (WARC); with
bigquery:PROJECT[.DATASET] the tables, dead_letters and executions there, and the archive in --files.
Exit codes: 0 every execution is success or no_data; 1 one failed, or the output cannot be written (--resume goes on);
2 a mistake in the command line or in a source file, or a table that does not fit; 130 stopped by Ctrl-C (what was got
is written). With --streaming: 0 stopped and drained; 1 no event can be taken any more; 2 as above.
"""


@click.command(epilog=EPILOG, context_settings={"ignore_unknown_options": True, "allow_interspersed_args": True})
@click.argument("words", nargs=-1, metavar="[SOURCE]... [BEAM OPTION]...")
@sources_option
@resolve_option
@output_option
@files_option
@click.option(
    "--bigquery-method",
    type=click.Choice(["load", "storage", "insert"]),
    default="load",
    show_default=True,
    help="How rows get into BigQuery: load, when their source has ended, each once; storage or insert, at once.",
)
@click.option("--limit", type=click.IntRange(min=1), help="The most pages to fetch for each source.")
@click.option("--param", multiple=True, metavar="NAME=VALUE|A..B|A,B", help="Replaces a parameter of the seeds.")
@click.option(
    "--urls", type=click.Path(exists=True, dir_okay=False), help="A file of URLs, one a line, instead of the seeds."
)
@click.option(
    "-o", "rows_file", metavar="FILE", help="Also write all rows here: .jsonl, .csv, or - for standard output."
)
@click.option("--format", "file_format", type=click.Choice(["parquet", "json"]), default="parquet", show_default=True)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    default=0,
    help="Worker processes; default: what is faster for the size, one where a browser is used.",
)
@click.option(
    "--browser-tabs", type=click.IntRange(min=1), help="Pages that one Chromium has open at once; default: 4."
)
@click.option("--dry-run", is_flag=True, help="Show what would be fetched, and fetch nothing.")
@click.option("--resume", metavar="EXECUTION", help="Go on with an execution or run: fetch only what was not archived.")
@click.option("--scheduled", is_flag=True, help="As a clock does it: also sources named here are left out in backoff.")
@streaming_options
def run(
    words: tuple[str, ...],
    sources_dir: Path | None,
    resolve: tuple[str, ...],
    output: str,
    files: str,
    bigquery_method: str,
    limit: int | None,
    param: tuple[str, ...],
    urls: str | None,
    rows_file: str | None,
    file_format: str,
    workers: int,
    browser_tabs: int | None,
    dry_run: bool,
    resume: str | None,
    scheduled: bool,
) -> None:
    """Run sources: pages become rows, and whatever fails becomes a dead letter that says why.

    Sources that are disabled or in backoff (`scrapeline sources status`) run only when they are named.
    """
    names, beam_flags = split_words(words)
    folder = find_sources(sources_dir)
    if dry_run:
        from pipelines.dry_run import print_dry_run

        print_dry_run(load_named(folder, names), param, limit)
        return
    where = _where(output, files, folder, names)
    if (scheduled or not names) and not resume:
        names = available(where, folder, names)
    flags = ["--sources", str(folder), *where.words, *beam_flags]
    flags += ["--bigquery_method", bigquery_method] if bigquery_method != "load" else []
    flags += ["--format", file_format] if file_format != "parquet" else []
    flags += ["--workers", str(workers)] if workers else []
    flags += ["--browser_tabs", str(browser_tabs)] if browser_tabs else []
    flags += [word for name in names for word in ("--source", name)]
    flags += [word for entry in resolve for word in ("--resolve", entry)]
    flags += [word for entry in param for word in ("--param", entry)]
    flags += ["--limit", str(limit)] if limit else []
    flags += ["--urls", urls] if urls else []
    sys.exit(launch(flags, where, rows_file, resume or "", names))


def _where(output: str, files: str, folder: Path, names: list[str]) -> "Places":
    from pipelines.places import WrongPlace
    from pipelines.source_outputs import places_of_run

    try:
        return places_of_run(output, files, folder, names or None)
    except WrongPlace as error:
        raise SourceMistakes(str(error)) from None


def split_words(words: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """(names of sources, options for Beam): an option and what follows it belong together."""
    names: list[str] = []
    flags: list[str] = []
    takes_value = False
    for word in words:
        if word.startswith("-"):
            flags.append(word)
            takes_value = "=" not in word
        elif takes_value:
            flags.append(word)
            takes_value = False
        else:
            names.append(word)
    return names, flags


def launch(flags: list[str], where: "Places", rows_file: str | None, resume: str, names: list[str]) -> int:
    """Launches the pipeline, shows what it does, and says what became of it; returns the exit status."""
    from pipelines.console import live_counters, print_summary
    from pipelines.launcher import Launcher
    from pipelines.terminal import open_console

    started = time.monotonic()
    run_id = resume or f"{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    folder = _scratch(where.folder, run_id)
    wanted = _rows_target(rows_file, folder)
    console = open_console(stderr=True)
    with live_counters(console, names) as watch:
        launcher = Launcher([*flags, *(["--rows_file", wanted] if wanted else [])], folder, run_id, watch)
        done = launcher.run(resume=bool(resume))
    if done.status == exit_status.USAGE:
        shutil.rmtree(folder, ignore_errors=True)
        raise SourceMistakes(done.errors.strip())
    again = _again(flags, run_id, rows_file) if resume or _is_begun(where.folder, run_id) else ""
    if not done.executions and (done.died or done.status == exit_status.CANNOT_WRITE):
        click.echo(_broke_off(done, folder, again), err=True)
        return exit_status.INTERRUPTED if done.interrupted else exit_status.FAILED
    if rows_file == "-":
        sys.stdout.buffer.write(Path(wanted).read_bytes())
        Path(wanted).unlink()
    print_summary(console, done.executions, time.monotonic() - started)
    if done.attempts > 1:
        console.print(f"The pipeline died and was started again {done.attempts - 1}x; logs: {folder}")
    if where.warehouse:
        console.print(f"Rows, dead letters and execution log: {where}; archive: {where.folder}/archive")
    else:
        console.print(f"Rows, dead letters, execution log and archive: {where}")
    if done.interrupted:
        click.echo(f"Stopped; what was got is written. Go on with:  {again}", err=True)
    return exit_status.INTERRUPTED if done.interrupted else done.status


def _broke_off(done: "Launch", folder: Path, again: str) -> str:
    kept = f"\nWhat was fetched is kept; go on with:  {again}" if again else ""
    if done.interrupted:
        return f"Stopped at once.{kept}"
    said = [line for line in done.errors.splitlines() if line.strip()] or ["the run broke off"]
    if done.status < 0:
        said.append(f"the process of the pipeline was killed by signal {-done.status}")
    tries = f", {done.attempts} times" if done.attempts > 1 else ""
    return f"Error: {said[-1]}{tries}\nLogs: {folder}{kept}"


def _is_begun(output: str, run_id: str) -> bool:
    """Whether the run got as far as its plan, so that it can be resumed."""
    return "://" in output or Path(output, ".scrapeline", "runs", run_id).is_dir()


def _again(flags: list[str], run_id: str, rows_file: str | None) -> str:
    """The command that goes on with this run."""
    kept = []
    pairs = iter(flags)
    for flag in pairs:
        if flag in ("--source", "--limit", "--param", "--urls", "--resume"):  # they stand in the plan
            next(pairs)
        else:
            kept.append(flag)
    rows = ["-o", rows_file] if rows_file else []
    return shlex.join(["scrapeline", "run", "--resume", run_id, *kept, *rows])


def _scratch(output: str, run_id: str) -> Path:
    base = Path(output) if "://" not in output else Path(".scrapeline")
    folder = base / ".scrapeline" / "launches" / f"{run_id}-{secrets.token_hex(2)}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise Failed(f"cannot write to {output}: {error.strerror}") from None
    return folder


def _rows_target(rows_file: str | None, folder: Path) -> str:
    if not rows_file:
        return ""
    if rows_file == "-":
        return str(folder / "rows.jsonl")
    if not rows_file.endswith((".jsonl", ".csv", ".json", ".ndjson")):
        raise click.BadParameter(f"{rows_file}: the ending says the format: .jsonl or .csv", param_hint="-o")
    return rows_file if "://" in rows_file else str(Path(rows_file).resolve())
