"""`scrapeline test`: saved pages read again, offline, and compared with what they gave when they were saved."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.options import SourceMistakes, find_sources, load_named, sources_option
from pipelines.terminal import open_console

if TYPE_CHECKING:
    from pipelines.golden_cases import Case
    from scrapers.source_files.load import LoadedSource

__all__ = ["test"]

EPILOG = """\b
Examples:
  scrapeline try shop --save lamps    makes the case sources/tests/shop/lamps
  scrapeline test                     every case of every source
  scrapeline test shop --update       what the pages give now is right: write it down

\b
A case is a folder: page.html (or .json, ...), meta.json (address, headers, frozen time), expected.json.
Exit codes: 0 all cases give what they gave; 1 one differs; 2 a mistake in the command line or in a source file.
"""
_SHOWN = 20  # differences of one case


@click.command(epilog=EPILOG)
@click.argument("names", nargs=-1, metavar="[SOURCE]...")
@sources_option
@click.option("--update", is_flag=True, help="Write what the pages give now as what is expected.")
def test(names: tuple[str, ...], sources_dir: Path | None, update: bool) -> None:
    """Read the saved test pages of SOURCEs (default: all) again and compare. Offline: nothing is fetched."""
    from pipelines.golden_cases import differences, read_case, write_expected

    folder = find_sources(sources_dir)
    console = open_console()
    passed = failed = updated = 0
    for loaded, case in _cases(folder, names):
        from scrapers.extraction.scraper import load_scraper

        actual = read_case(loaded, load_scraper(loaded), case)
        found = list(differences(case.expected, actual))
        title = f"{case.source}/{case.name}"
        if not found:
            passed += 1
            console.print(f"ok    {title}", markup=False)
        elif update:
            updated += 1
            write_expected(case.folder, actual)
            console.print(f"wrote {title} ({len(found)} differences)", markup=False, style="yellow")
        else:
            failed += 1
            console.print(f"FAIL  {title}", markup=False, style="bold red")
            for line in found[:_SHOWN]:
                console.print(f"      {line}", markup=False)
            if len(found) > _SHOWN:
                console.print(f"      ... and {len(found) - _SHOWN} differences more", markup=False)
    console.print(f"{passed} passed, {failed} failed" + (f", {updated} updated" if updated else ""), markup=False)
    sys.exit(1 if failed else 0)


def _cases(folder: Path, names: tuple[str, ...]) -> "Iterator[tuple[LoadedSource, Case]]":
    from pipelines.golden_cases import find_cases

    loaded = load_named(folder, names)
    cases = [(one, case) for name, one in loaded.items() for case in find_cases(folder, name)]
    if not cases:
        example = next(iter(loaded), "shop")
        raise SourceMistakes(f"no test cases in {folder / 'tests'}; make one: scrapeline try {example} --save")
    yield from cases
