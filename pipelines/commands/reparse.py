"""`scrapeline reparse`: archived pages to rows by today's source files, and what that changes."""

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines import exit_status
from pipelines.commands.moments import moment
from pipelines.commands.options import SourceMistakes, files_option, find_sources, sources_option

if TYPE_CHECKING:
    from pipelines.reparse import Order
    from pipelines.row_changes import TableChanges

__all__ = ["reparse"]

EPILOG = """\b
Examples:  (a site has changed; the morning after)
  scrapeline try shop --save                   mend shop.yaml until this shows what it should
  scrapeline reparse shop --diff               what it would change in the rows; writes nothing
  scrapeline reparse shop --since 2026-11-20   parses the pages from that day on again and writes rows
  scrapeline reparse shop --execution 6f1c...  of one archived execution (see OUT/executions) only
  scrapeline reparse shop --archive gs://bucket/out/archive --output gs://bucket/out
  scrapeline reparse shop --output bigquery:my-project --files gs://bucket/out --diff
  scrapeline reparse shop --archive wget.warc.gz --foreign --page-type listing --matching '/c/[a-z]+'

\b
Nothing is fetched, not even robots.txt. Each archived execution becomes one more execution, whose `reparse_of` names
it: its rows keep the page's scraped_at, request_id and place in the archive, and have the new execution_id. Older rows
stay; of rows with one row_key and one scraped_at, those of the execution that ended last are the ones to use.
If a re-parse breaks off, run it again: it clears away what was not finished. Executions that had ended stay, and are
compared with as earlier ones.
An item that a listing carries to a detail page is made anew from the archived listing, then completed from the
archived detail page. A link whose page is not in the archive is counted as `not_archived`. A broken record of the
archive is a dead letter that names file and byte.
With --foreign, WARC files of other tools are read, too: pages at the domains of the source's seeds, all as one page
type, in one execution for the archive; images, style sheets, scripts and robots.txt are left out.
Compared are the newest rows by row_key, with those of the same archived executions. In a table without a key a changed
row is one lost and one added.
Exit codes: 0 all executions are well; 1 one failed; 2 a mistake in the command line or a source file.
"""


@click.command(epilog=EPILOG)
@click.argument("names", nargs=-1, required=True, metavar="SOURCE...")
@sources_option
@click.option(
    "--output",
    default="",
    help="Output of the runs, a folder or bigquery:PROJECT[.DATASET], where rows are compared and added; "
    "default: what the sources say, else out.",
)
@files_option
@click.option("--archive", help="Folder of WARC files (or one file), local or gs://; default: archive/ in that folder.")
@click.option("--since", metavar="TIME", help="Pages fetched from this day or moment (UTC) on: 2026-11-20[T14:00].")
@click.option("--until", metavar="TIME", help="Pages fetched before this day or moment (UTC).")
@click.option(
    "--execution", "executions", multiple=True, metavar="ID", help="Pages of this execution; may be repeated."
)
@click.option("--foreign", is_flag=True, help="Take pages that another tool archived (wget, a crawler), too.")
@click.option("--page-type", default="", metavar="NAME", help="With --foreign: what they are; default: the first type.")
@click.option("--matching", default="", metavar="REGEX", help="With --foreign: only those whose URL matches.")
@click.option(
    "--workers",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Processes, each with files of its own; 0: what is faster for so much.",
)
@click.option("--diff", is_flag=True, help="Only say what would change; write nothing.")
@click.option("--format", "file_format", type=click.Choice(["parquet", "json"]), default="parquet", show_default=True)
def reparse(
    names: tuple[str, ...],
    sources_dir: Path | None,
    output: str,
    files: str,
    archive: str | None,
    since: str | None,
    until: str | None,
    executions: tuple[str, ...],
    foreign: bool,
    page_type: str,
    matching: str,
    workers: int,
    diff: bool,
    file_format: str,
) -> None:
    """Parse archived pages again with today's source files, without a network, and say what changes."""
    since_secs, until_secs = moment(since, "--since", float("-inf")), moment(until, "--until", float("inf"))
    folder = find_sources(sources_dir)
    chosen = tuple(dict.fromkeys(name for given in names for name in given.split(",") if name))
    from pipelines.places import WrongPlace
    from pipelines.reparse import Order
    from pipelines.source_outputs import places_of_run

    try:
        target = places_of_run(output, files, folder, chosen)
        re.compile(matching)
    except (WrongPlace, re.error) as error:
        raise SourceMistakes(str(error)) from None
    order = Order(
        folder,
        chosen,
        archive.rstrip("/") if archive else f"{target.folder}/archive",
        target,
        since=since_secs,
        until=until_secs,
        executions=executions,
        file_format=file_format,
        diff=diff,
        foreign=foreign or bool(page_type or matching),
        page_type=page_type,
        matching=matching,
        workers=workers,
    )
    _carry_out(order)


def _carry_out(order: "Order") -> None:
    """Does it, says what became of it, and ends the process."""
    from pipelines.broken_run import explain
    from pipelines.preparation import CannotPrepare
    from pipelines.reparse import reparse as parse_again
    from pipelines.scrape import end, log_to_stderr
    from scrapers.source_files.load import SourceFileErrors

    log_to_stderr()
    started = time.monotonic()
    try:
        done = parse_again(order, may_fork=True)
    except (SourceFileErrors, CannotPrepare) as error:
        raise SourceMistakes(str(error)) from None
    except Exception as error:  # noqa: BLE001  the end of the run, whatever ended it
        status, sentence = explain(error, str(order.output))
        click.echo(f"Error: {sentence}", err=True)
        end(status if status == exit_status.CANNOT_WRITE else exit_status.FAILED)
        return
    _print(done.executions, done.changes, time.monotonic() - started)
    click.echo(
        "Nothing was written (--diff)." if order.diff else f"Rows, dead letters and execution log: {order.output}"
    )
    failed = any(one["status"] == "failed" for one in done.executions)
    end(exit_status.FAILED if failed else exit_status.OK)


def _print(executions: list[dict[str, Any]], changes: Sequence["TableChanges"], seconds: float) -> None:
    from pipelines.console import print_summary
    from pipelines.terminal import open_console

    print_summary(open_console(stderr=True), executions, seconds)
    for table in changes:
        click.echo("\n".join(_told(table)))
    if not changes:
        click.echo("No rows, neither before nor now.")


def _told(table: "TableChanges") -> list[str]:
    lines = [
        f"{table.table}: {table.before} rows before, {table.after} now: "
        f"{table.added} added, {table.lost} lost, {table.changed} changed"
    ]
    for name, field in sorted(table.fields.items()):
        parts = {"changed": field.changed, "now filled": field.filled, "now empty": field.emptied}
        lines.append(f"  {name}: " + ", ".join(f"{count} {what}" for what, count in parts.items() if count))
    for kind in ("changed", "added", "lost"):
        for sample in table.samples.get(kind, ()):
            lines.append(f"  {kind}: {sample.url}")
            lines += [
                f"    {name}: {_value(kind, value)}" for name, value in sample.fields.items() if value is not None
            ]
    return lines


def _value(kind: str, value: Any) -> str:
    if kind != "changed":
        return _cut(value)
    before, after = value
    return f"{_cut(before)} -> {_cut(after)}"


def _cut(value: Any) -> str:
    text = "(nothing)" if value is None else " ".join(str(value).split())
    return text if len(text) <= 100 else f"{text[:100]}..."
