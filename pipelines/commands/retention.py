"""`scrapeline retention`: removes files that are older than sources say."""

import time
from collections import Counter
from pathlib import Path

import click

from pipelines.commands.options import (
    Failed,
    SourceMistakes,
    files_option,
    find_sources,
    load_named,
    output_option,
    sources_option,
)

__all__ = ["retention"]

EPILOG = """\b
What it goes by, in scrapeline.yaml (rows_days also in a source file):
  retention:
    rows_days: 730           rows, by the day on which their page was fetched
    dead_letters_days: 90    dead letters, after they failed
    executions_days: 400     execution log and replays
    archive_days: 180        archived pages; what they gave cannot be parsed or replayed again then

\b
A file goes when all that is in it is older. Without a key nothing of that kind is removed. In a warehouse BigQuery does
this by itself (`scrapeline schema apply`): only the archive beside it is looked at here.
What events leave behind, in a spool folder and beside the output, `scrapeline run --streaming` removes by itself
(--keep-days).
While a run is going on, or a file `legal-hold` is in the folder, nothing is removed.
Examples:
  scrapeline retention --dry-run             what would go
  scrapeline retention --output gs://b/out   every night, from cron
Exit codes: 0 done, or nothing to remove; 1 a legal hold or a run keeps it from it; 2 a mistake in a source file.
"""


@click.command(epilog=EPILOG)
@sources_option
@output_option
@files_option
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
def retention(sources_dir: Path | None, output: str, files: str, dry_run: bool) -> None:
    """Remove files that are older than sources say."""
    folder = find_sources(sources_dir)
    sources = load_named(folder)
    from pipelines.forget.holds import Held, check_free
    from pipelines.places import WrongPlace
    from pipelines.retention import expired
    from pipelines.source_outputs import places_of_run
    from transforms import filesystem
    from transforms.output_layout import OutputLayout

    try:
        where = places_of_run(output, files, folder, None)
        check_free(where.folder)
    except WrongPlace as error:
        raise SourceMistakes(str(error)) from None
    except Held as error:
        raise Failed(str(error)) from None
    layout = OutputLayout(where.folder, "", 1)
    counts: Counter[str] = Counter()
    for one in expired(sources, layout, layout.archive, time.time()):
        counts[one.rule] += 1
        click.echo(f"{one.path}  {one.age_days} days old ({one.rule})")
        if not dry_run:
            filesystem.remove([one.path])
    for rule, count in counts.items():
        click.echo(f"{rule}: {count} files {'would be removed' if dry_run else 'removed'}")
    if not counts:
        click.echo("Nothing is older than `retention` in scrapeline.yaml says, or it says nothing.")
