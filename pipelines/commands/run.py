"""`scrapeline run`: sources to rows, on this machine or on any engine that Beam has."""

import datetime
import secrets
import sys
import time
from pathlib import Path

import click

from pipelines.commands.options import Failed, SourceMistakes, find_sources, load_named, resolve_option, sources_option

__all__ = ["run"]

EPILOG = """\b
Examples:
  scrapeline run shop                          all of one source, into ./out
  scrapeline run shop events --limit 5         five pages of each: a first look
  scrapeline run                               every source of the folder
  scrapeline run shop -o rows.jsonl            the rows in one file as well (also .csv, or - for the screen)
  scrapeline run shop --param category=a,b     other seeds
  scrapeline run shop --dry-run                what would be asked of whom, and how fast
  scrapeline run --resume 20261122T020000Z-4f1a    goes on with a run that ended early
  scrapeline run shop --workers 2 --direct_job_name=x   options of Beam go through as they are

\b
Output: OUT/rows/TABLE/scrape_date=DAY/*.parquet, OUT/dead_letters, OUT/executions, OUT/archive (WARC).
Exit codes: 0 every execution is success or no_data; 1 one failed; 2 a mistake in the command line or in a source file;
130 stopped by Ctrl-C (what was got is written).
"""


@click.command(epilog=EPILOG, context_settings={"ignore_unknown_options": True, "allow_interspersed_args": True})
@click.argument("words", nargs=-1, metavar="[SOURCE]... [BEAM OPTION]...")
@sources_option
@resolve_option
@click.option(
    "--output", default="out", show_default=True, help="Output folder: local, or any filesystem Beam writes to."
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
    "--workers", type=click.IntRange(min=0), default=0, help="Worker processes; default: what is faster for the size."
)
@click.option("--dry-run", is_flag=True, help="Show what would be fetched, and fetch nothing.")
@click.option("--resume", metavar="EXECUTION", help="Go on with an execution or run: fetch only what was not archived.")
def run(
    words: tuple[str, ...],
    sources_dir: Path | None,
    resolve: tuple[str, ...],
    output: str,
    limit: int | None,
    param: tuple[str, ...],
    urls: str | None,
    rows_file: str | None,
    file_format: str,
    workers: int,
    dry_run: bool,
    resume: str | None,
) -> None:
    """Run sources: pages become rows, and whatever fails becomes a dead letter that says why."""
    names, beam_flags = split_words(words)
    folder = find_sources(sources_dir)
    if dry_run:
        from pipelines.dry_run import print_dry_run

        print_dry_run(load_named(folder, names), param, limit)
        return
    flags = [
        "--sources",
        str(folder),
        "--output",
        output,
        "--format",
        file_format,
        "--workers",
        str(workers),
        *beam_flags,
    ]
    flags += [word for name in names for word in ("--source", name)]
    flags += [word for entry in resolve for word in ("--resolve", entry)]
    flags += [word for entry in param for word in ("--param", entry)]
    flags += ["--limit", str(limit)] if limit else []
    flags += ["--urls", urls] if urls else []
    sys.exit(launch(flags, output, rows_file, resume or "", names or ["all sources"]))


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


def launch(flags: list[str], output: str, rows_file: str | None, resume: str, names: list[str]) -> int:
    """Launches the pipeline, shows what it does, and says what became of it; returns the exit status."""
    from pipelines.console import live_counters, print_summary
    from pipelines.launcher import Launcher
    from pipelines.terminal import open_console

    started = time.monotonic()
    run_id = resume or f"{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    folder = _scratch(output, run_id)
    wanted = _rows_target(rows_file, folder)
    console = open_console(stderr=True)
    with live_counters(console, names) as watch:
        done = Launcher(flags + (["--rows_file", wanted] if wanted else []), folder, run_id, watch).run(resume=resume)
    if done.status == 2:
        raise SourceMistakes(done.errors.strip())
    if done.status not in (0, 1):
        again = f"scrapeline run --sources {flags[1]} --output {output} --resume {run_id}"
        raise Failed(f"{_last_words(done.errors)}\nAll that was fetched is kept. Go on with:  {again}")
    if rows_file == "-":
        sys.stdout.buffer.write(Path(wanted).read_bytes())
    print_summary(console, done.executions, time.monotonic() - started)
    if done.attempts > 1:
        console.print(f"The pipeline died and was started again {done.attempts - 1}x; logs: {folder}")
    console.print(f"Rows, dead letters, execution log and archive: {output}")
    return 130 if done.interrupted else done.status


def _scratch(output: str, run_id: str) -> Path:
    base = Path(output) if "://" not in output else Path(".scrapeline")
    folder = base / ".scrapeline" / "launches" / f"{run_id}-{secrets.token_hex(2)}"
    folder.mkdir(parents=True)
    return folder


def _rows_target(rows_file: str | None, folder: Path) -> str:
    if not rows_file:
        return ""
    if rows_file == "-":
        return str(folder / "rows.jsonl")
    if not rows_file.endswith((".jsonl", ".csv", ".json", ".ndjson")):
        raise click.BadParameter(f"{rows_file}: the ending says the format: .jsonl or .csv", param_hint="-o")
    return str(Path(rows_file).resolve())


def _last_words(log: str) -> str:
    lines = [line for line in log.strip().splitlines() if line.strip()]
    return "The pipeline died: " + (lines[-1] if lines else "without a word")
