"""`scrapeline report`: what runs have written, as one HTML page."""

import datetime
import webbrowser
from pathlib import Path

import click

from pipelines.commands.letter_options import opened, where_is
from pipelines.commands.moments import moment
from pipelines.commands.options import Failed, files_option, sources_option

__all__ = ["report"]

EPILOG = """\b
Examples:
  scrapeline report                            writes out/report.html and prints where it is
  scrapeline report out/demo --open            and opens it
  scrapeline report --since 2026-11-20 --source shop --to shop.html
  scrapeline report bigquery:my-project.dev    of a warehouse, into ./out/report.html

It says which sources need attention and why, how executions went over time, rows and dead letters by source and
reason, fields that fell, what took longest, requests by host against what was allowed, the newest failures with
screenshots and the commands that replay them, and a few rows of each table. The query behind each number stands
beside it.
The page is one file: it loads nothing, runs no script, and can be mailed. It shows what was scraped: values of rows,
parts of pages, screenshots. Who may not see those may not see the page.

\b
Exit codes: 0 the page is written; 1 there is nothing to tell, or it cannot be written; 2 a mistake in the command line.
"""


@click.command(epilog=EPILOG)
@click.argument("output", default="", metavar="[OUTPUT]")
@files_option
@sources_option
@click.option("--to", metavar="FILE", help="Where to; default: OUTPUT/report.html.")
@click.option("--since", metavar="TIME", help="Executions from this day or moment (UTC) on: 2026-11-20[T14:00].")
@click.option("--source", "names", multiple=True, metavar="NAME", help="Of this source only; may be repeated.")
@click.option("--open", "open_it", is_flag=True, help="Open the page in this machine's browser.")
def report(
    output: str,
    files: str,
    sources_dir: Path | None,
    to: str | None,
    since: str | None,
    names: tuple[str, ...],
    open_it: bool,
) -> None:
    """Write one HTML page about all that runs have written into OUTPUT: a folder, or bigquery:PROJECT[.DATASET].

    Without OUTPUT it is what the sources say (`output`), else ./out.
    """
    from_secs = moment(since, "--since", 0.0)
    where = where_is(output.rstrip("/") or output, files, sources_dir)
    from pipelines.report.page import Nothing, report_page
    from pipelines.report.scope import Scope
    from transforms import filesystem

    scope = Scope(datetime.datetime.fromtimestamp(from_secs, datetime.UTC) if since else None, names)
    try:
        with opened(where) as store:
            page = report_page(store, where, scope, datetime.datetime.now(datetime.UTC), sources_dir)
    except Nothing as nothing:
        raise Failed(str(nothing)) from None
    path = to or f"{where.folder}/report.html"
    try:
        filesystem.replace_whole(path, page.encode())
    except OSError as error:
        raise Failed(f"cannot write {path}: {error.strerror or error}") from None
    click.echo(path)
    if open_it and filesystem.is_local(path):
        webbrowser.open(Path(path).resolve().as_uri())
