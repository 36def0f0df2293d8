"""`scrapeline forget`: removes what is left of a person, and says what it removed and what it could not."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from pipelines.forget.forgetting import Found
    from pipelines.places import Places

__all__ = ["forget"]

EPILOG = """\b
Examples:
  scrapeline forget members --key A-4711 --dry-run       what there is of the one with this key
  scrapeline forget members --key email=ann@example.org  by any column; --key twice: both must hold
  scrapeline forget members --key A-4711 --output bigquery:my-project --files gs://bucket/out

\b
Removed are, of this source: the rows, in all its tables that have the columns; dead letters about them; and the
archived pages that they came from, or that give such an item when they are read today, with their requests, captured
answers and screenshots. Where a page stood in a WARC file now stands a record without content, just as long: all else
keeps its place. A value of a `personal: hash` column is given as it was before it was hashed (with
SCRAPELINE_SECRET_PERSONAL_HASH_KEY set as in runs).
Others' rows of the same pages stay; their pages are gone, so that they cannot be parsed again.
A run whose pages were removed is not resumed, since it would fetch them again. The next run does find what the site
still shows: leave that out with a hook, or a narrower seed.
Not removed: counts in the execution log; pages saved beside sources as tests; exports (--rows_file), reports, copies
and backups; parameters and URL lists of earlier runs (OUT/.scrapeline/runs); what BigQuery keeps for its time travel
(7 days unless the dataset says otherwise) and its fail-safe (7 days more); older versions in a bucket that keeps them.
If it is interrupted, give the same command again. While a file `legal-hold` is in the output folder (or in --files),
nothing is removed.
Exit codes: 0 done, or nothing found; 1 some of it could not be removed; 2 a mistake in the command line or a source
file.
"""


@click.command(epilog=EPILOG)
@click.argument("source")
@sources_option
@click.option(
    "--key", "keys", multiple=True, required=True, metavar="[NAME=]VALUE", help="Whose rows; may be repeated."
)
@output_option
@files_option
@click.option("--archive", help="Folder of WARC files; default: archive/ in the folder of the runs.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(
    source: str,
    sources_dir: Path | None,
    keys: tuple[str, ...],
    output: str,
    files: str,
    archive: str | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Remove a person's rows, dead letters and archived pages."""
    folder = find_sources(sources_dir)
    sources = load_named(folder, [source])
    from pipelines.forget.forgetting import find
    from pipelines.forget.holds import Held
    from pipelines.forget.subject import NoSuchColumn
    from pipelines.places import WrongPlace
    from pipelines.source_outputs import places_of_run

    try:
        where = places_of_run(output, files, folder, [source])
        found = find(sources, source, keys, where, archive.rstrip("/") if archive else f"{where.folder}/archive")
    except (NoSuchColumn, WrongPlace) as error:
        raise SourceMistakes(str(error)) from None
    except Held as error:
        raise Failed(str(error)) from None
    click.echo("\n".join(_told(found, where)))
    if dry_run or found.is_nothing:
        click.echo("Nothing was removed." if found.is_nothing else "Nothing was removed (--dry-run).")
        return
    if not yes:
        click.confirm("Remove all this? It cannot be undone.", abort=True)
    _remove(found, where)


def _remove(found: "Found", where: "Places") -> None:
    from pipelines.forget.forgetting import remove
    from pipelines.forget.records import NotYet

    try:
        changed = remove(found, where)
    except NotYet as error:
        raise Failed(str(error)) from None
    click.echo(f"Removed. Changed were {len(changed)} files and tables:")
    for path in changed:
        click.echo(f"  {path}")
    if found.kept or found.missing:
        raise Failed("some archived pages could not be removed; see above")


def _told(found: "Found", where: "Places") -> list[str]:
    lines = [f"{where}, source {found.source}, by {_columns(found)}:"]
    lines += [f"  {count} rows of {table}" for table, count in sorted(found.rows.by_table.items())] or ["  no rows"]
    lines += [f"  {len(found.letters.ids)} dead letters", f"  {found.pages} archived pages"]
    lines += [f"    {len(erasure.spans)} in {erasure.path}" for erasure in found.erasures]
    if found.others:
        lines.append(f"  {found.others} rows of others came from the same pages: they stay, without their page")
    if found.unread:
        lines.append(f"  {found.unread} pages cannot be read by today's source: they were searched for the text")
    lines += [f"  NOT removed: pages in {name}, which is not in the archive" for name in found.missing]
    lines += [f"  NOT removed: pages in {text}" for text in found.kept]
    return lines


def _columns(found: "Found") -> str:
    """Names alone: who is forgotten should not stand in a log."""
    names: Sequence[str] = sorted({name for subject in found.subjects for name in subject.columns})
    return " and ".join(names)
