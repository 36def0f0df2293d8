"""`scrapeline dead-letters`: list, show and replay what failed."""

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.letter_options import filter_options, opened, place_words, quiet_sources, where_is
from pipelines.commands.options import Failed, files_option, output_option, sources_option
from pipelines.commands.replay import replay

if TYPE_CHECKING:
    from pipelines.dead_letters.filters import Filters
    from pipelines.dead_letters.listing import Listing
    from pipelines.dead_letters.one_letter import OneLetter
    from pipelines.stores.store import Store
    from scrapers.source_files.load import LoadedSource

__all__ = ["dead_letters"]

MANY = 1_000
_EXAMPLES = """\b
Examples:  (a source broke at night)
  scrapeline dead-letters list                        what is open, newest first, and how many of what
  scrapeline dead-letters list --reason no_items --since 2026-11-20
  scrapeline dead-letters show 6f1c                   one of them: field, rule, value, selector, page
  scrapeline dead-letters show 6f1c --html page.html  its page, as it was archived
  scrapeline dead-letters replay --source shop --dry-run
  scrapeline dead-letters replay --source shop        each goes back in at the stage where it died

\b
A letter is open until a replay says what became of it: recovered, failed again, or dropped (left out on purpose, as
robots.txt or the source say today). The same failure of the same request is one letter, however often it was tried
again; one that fails again for another reason goes on under another id.
An id may be cut as long as no other letter's begins the same.
Exit codes: 0 it was done; 1 no such letter or page, or a letter that was replayed failed again; 2 a mistake in the
command line or a source file.
"""


@click.group("dead-letters", epilog=_EXAMPLES)
def dead_letters() -> None:
    """List, show and replay what failed: requests, items, rows that a table refused."""


dead_letters.add_command(replay)


@dead_letters.command("list", short_help="Failures, and how many of what.")
@filter_options(
    statuses=("open", "recovered", "failed_again", "dropped"), status_help="May be repeated; default: open."
)
@click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, help="The most to list; 0: all.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@output_option
@files_option
@sources_option
def list_letters(
    filters: "Filters", limit: int, as_json: bool, output: str, files: str, sources_dir: Path | None
) -> None:
    """Failures, newest first; how many of what; and the command that replays exactly these."""
    from pipelines.dead_letters.filters import WrongFilter
    from pipelines.dead_letters.lines import Lines
    from pipelines.dead_letters.listing import list_letters as listed

    with opened(where_is(output, files, sources_dir)) as store:
        lines = Lines(store)
        try:
            filters.check(lines)
        except WrongFilter as error:
            raise click.UsageError(str(error)) from None
        listing = listed(store, lines, filters, limit or None, place_words(output, files, sources_dir))
        if as_json:
            _print_json(listing)
        else:
            _print_list(listing, filters, str(store))


def _print_json(listing: "Listing") -> None:
    """One object, a letter a line, each as it comes."""
    from pipelines.terminal import plain_json

    head = plain_json({"total": listing.total, "counts": listing.counts, "replay": listing.command})
    _print_lines([f'{head[:-1]}, "letters": ['])
    commas = ("," if place < listing.listed else "" for place in itertools.count(1))
    _print_lines(plain_json(letter) + comma for letter, comma in zip(listing.letters, commas, strict=False))
    _print_lines(["]}"])


def _print_lines(lines: Iterable[str]) -> None:
    """Many at once: each by itself would cost a system call."""
    lines = iter(lines)
    while some := list(itertools.islice(lines, MANY)):
        click.echo("\n".join(some))


def _print_list(listing: "Listing", filters: "Filters", where: str) -> None:
    from pipelines.dead_letters.listing import counted, table_of
    from pipelines.terminal import open_console, print_table

    console = open_console()
    if listing.listed > MANY:  # a table as wide as its widest cells would have to be known as a whole
        _print_lines("\t".join(cells) for cells in table_of(listing, filters.statuses)[1])
    elif listing.listed:
        print_table(console, *table_of(listing, filters.statuses))
    else:
        said = " or ".join(status.replace("_", " ") for status in filters.statuses)
        click.echo(f"No dead letter in {where} is {said}{' and what was asked for' if filters.words() else ''}.")
    if listing.listed < listing.total:
        click.echo(f"The newest {listing.listed} of {listing.total}; --limit 0 lists all.")
    if listing.counts:
        click.echo()
        print_table(console, *counted(listing))
    if listing.command:
        which = "it" if listing.total == 1 else f"these {listing.total}"
        which = which if listing.replayable == listing.total else f"the {listing.replayable} that can go back"
        click.echo(f"\nReplay {which}:  {listing.command}")


@dead_letters.command(short_help="One failure: what broke, its page, what to do.")
@click.argument("letter_id", metavar="ID")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write its archived page's body here.")
@click.option("--screenshot", type=click.Path(path_type=Path, dir_okay=False), help="Write its page's JPEG here.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@output_option
@files_option
@sources_option
def show(
    letter_id: str,
    html: Path | None,
    screenshot: Path | None,
    as_json: bool,
    output: str,
    files: str,
    sources_dir: Path | None,
) -> None:
    """One failure: what broke, its page, what has been tried, and what to do. ID may be cut short."""
    from pipelines.dead_letters.letter_text import letter_text
    from pipelines.dead_letters.lines import Lines, NoSuchLetter
    from pipelines.dead_letters.one_letter import one_letter
    from pipelines.terminal import print_json

    with opened(where_is(output, files, sources_dir)) as store:
        lines = Lines(store)
        try:
            line = lines.find(letter_id)
        except NoSuchLetter as error:
            raise Failed(f"{error}; the ids are listed by: scrapeline dead-letters list --limit 0") from None
        letter = one_letter(store, lines, line, _source_of(line.source, sources_dir))
    if html or screenshot:
        _write_page(store, letter, html, screenshot)
    elif as_json:
        print_json(letter.to_json())
    else:
        place = place_words(output, files, sources_dir)
        click.echo("\n".join(letter_text(letter, lines.short(line.letter_id), store.archive, place)))


def _source_of(name: str, sources_dir: Path | None) -> "LoadedSource | None":
    """The source of today; None, with a word about it, when it cannot be read."""
    from scrapers.source_files.load import SourceFileErrors, load_sources

    folder = quiet_sources(sources_dir)
    if folder is None:
        click.echo("There is no ./sources: --sources DIR shows each field's selector, too.", err=True)
        return None
    try:
        return load_sources(folder, [name])[name]
    except (SourceFileErrors, KeyError) as error:
        click.echo(f"Source {name} of today cannot be read: {error}", err=True)
        return None


def _write_page(store: "Store", letter: "OneLetter", html: Path | None, screenshot: Path | None) -> None:
    from pipelines.dead_letters.one_letter import NoArchivedPage, archived_page

    try:
        page = archived_page(store, letter.record)
    except NoArchivedPage as error:
        raise Failed(str(error)) from None
    for path, content, what in ((html, page.body, "body"), (screenshot, page.screenshot, "screenshot")):
        if path is None:
            continue
        if not content:
            raise Failed(f"its archived page has no {what}")
        try:
            path.write_bytes(content)
        except OSError as error:
            raise Failed(f"cannot write {path}: {error.strerror}") from None
        click.echo(f"{what}: {path} ({len(content)} bytes)")
