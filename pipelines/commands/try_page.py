"""`scrapeline try`: one page, and everything that comes of it."""

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.options import Failed, SourceMistakes, find_sources, load_one, resolve_option, sources_option

if TYPE_CHECKING:
    from pipelines.fetch_page import FetchedPage
    from pipelines.page_report import PageReport
    from schemas.page import Page
    from schemas.request import Request
    from scrapers.extraction.scraper import Scraper
    from scrapers.source_files.load import LoadedSource

__all__ = ["try_page"]

CACHE = Path(".scrapeline")
EPILOG = """\b
Examples:
  scrapeline try shop                        the page of its first seed
  scrapeline try shop https://shop.example/p/7   a page that the last try led to is read with the item it carries
  scrapeline try shop --fresh                fetch again; else the page kept by the last try or run is read
  scrapeline try shop URL --page-type detail
  scrapeline try shop --save lamps           keep the page as test case `lamps` (scrapeline test)
  scrapeline try games --raw gs://bucket/games.json.gz   a file that a scraper elsewhere has left (`raw` in the source)
  scrapeline try shop -o rows.jsonl          the rows into a file; --json: everything, for programs

\b
Exit codes: 0 rows (or follow-ups) and no refusal; 1 nothing was found, a row was refused, or the page could
not be fetched; 2 a mistake in the command line or in the source file.
"""


@click.command("try", epilog=EPILOG)
@click.argument("source")
@click.argument("url", required=False)
@sources_option
@resolve_option
@click.option("--page-type", help="The page type that reads it; default: that of the seeds.")
@click.option("--raw", default="", metavar="FILE", help="Read this file of raw output instead: local or gs://.")
@click.option("--fresh", is_flag=True, help="Fetch it, even when a kept page is there.")
@click.option("--output", default="out", show_default=True, help="Output folder of runs, whose archive is looked into.")
@click.option(
    "--save", is_flag=False, flag_value="", metavar="[NAME]", help="Keep it as a test case; default name: from the URL."
)
@click.option("--all", "show_all", is_flag=True, help="Show every item, not the first few.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@click.option(
    "-o", "rows_file", type=click.Path(path_type=Path, dir_okay=False), help="Write its rows here: .jsonl or .csv."
)
def try_page(
    source: str,
    url: str | None,
    sources_dir: Path | None,
    resolve: tuple[str, ...],
    page_type: str | None,
    raw: str,
    fresh: bool,
    output: str,
    save: str | None,
    show_all: bool,
    as_json: bool,
    rows_file: Path | None,
) -> None:
    """Read one page of SOURCE: every field with the selector that gave it, and each refused row with its reason."""
    loaded = load_one(find_sources(sources_dir), source)
    scraper = _scraper(loaded)
    if raw:
        from pipelines.commands.try_raw import try_raw

        sys.exit(0 if try_raw(loaded, raw, shown=1_000 if show_all else 3, as_json=as_json) else 1)
    request = _request(loaded, url, page_type, resolve)
    got = _page(loaded, request, fresh=fresh, output=output, resolve=resolve)
    from pipelines.commands.page_output import print_report, report_json, write_rows
    from pipelines.kept_pages import remember
    from pipelines.page_answers import answers_sentence, better_sources
    from pipelines.page_report import read_page
    from pipelines.terminal import open_console, print_json

    report = read_page(loaded, scraper, got.page)
    remember(CACHE, source, report.reading.follow_ups)
    better = better_sources(loaded, got.page)
    if as_json:
        print_json({**report_json(report, scraper, got), "data_sources": [dataclasses.asdict(one) for one in better]})
    else:
        print_report(open_console(), report, scraper, got.way, show_all=show_all)
        for said in (answers_sentence(loaded, got.page), *map(str, better[:1])):
            if said:
                open_console().print(f"\n{said}", markup=False)
    if rows_file is not None:
        write_rows(rows_file, report.accepted.rows)
    if save is not None:
        _save(loaded, report, save)
    sys.exit(0 if report.good else 1)


def _scraper(loaded: "LoadedSource") -> "Scraper":
    from scrapers.extraction.scraper import load_scraper

    try:
        return load_scraper(loaded)
    except (ValueError, ImportError, SyntaxError) as error:
        raise SourceMistakes(f"{loaded.path.name}: {error}") from error


def _request(loaded: "LoadedSource", url: str | None, page_type: str | None, resolve: tuple[str, ...]) -> "Request":
    from pipelines.fetch_page import NotFetched, first_seed

    _check_page_type(loaded, page_type)
    if url is not None:
        return _request_of(loaded, url, page_type)
    try:
        seed = first_seed(loaded, "try", resolve)
    except NotFetched as error:
        raise Failed(str(error)) from None
    if seed is None:
        wanted = "file, --raw FILE" if loaded.source.raw is not None else "URL"
        raise SourceMistakes(f"{loaded.path.name} has no seeds: scrapeline try {loaded.source.source} needs a {wanted}")
    return seed


def _check_page_type(loaded: "LoadedSource", page_type: str | None) -> None:
    from scrapers.source_files.mistakes import nearest

    types = loaded.source.page_types()
    if page_type is None or page_type in types:
        return
    near = nearest(page_type, types)
    hint = f", did you mean {near}?" if near else f"; it has {', '.join(filter(None, types)) or 'one unnamed type'}"
    raise click.BadParameter(f"{loaded.source.source} has no page type {page_type!r}{hint}", param_hint="--page-type")


def _request_of(loaded: "LoadedSource", url: str, page_type: str | None) -> "Request":
    """As a run would make it: a seed with its params, or what the last try led to with its item; else bare."""
    from pipelines.fetch_page import seed_of
    from pipelines.kept_pages import known_request
    from scrapers.source_files.request_rules import make_request

    if "://" not in url:
        raise click.BadParameter(f"{url!r} is not a URL; it begins with http:// or https://", param_hint="URL")
    first = next(iter(loaded.source.page_types()))
    seed = seed_of(loaded, url, "try") if page_type in (None, first) else None
    known = seed or known_request(CACHE, loaded.source.source, url, page_type)
    chosen = first if page_type is None else page_type
    return known or make_request(loaded, chosen, url, execution_id="try", params={})


def _page(
    loaded: "LoadedSource", request: "Request", *, fresh: bool, output: str, resolve: tuple[str, ...]
) -> "FetchedPage":
    """The page and where it came from: kept by an earlier try or run, else fetched and kept."""
    from pipelines.fetch_page import FetchedPage, NotFetched, fetch_page
    from pipelines.kept_pages import find_kept, keep

    kept = None if fresh else find_kept(CACHE, Path(output) / "archive", request)
    if kept is not None:
        rendered = "rendered by Chromium, " if kept[0].rendered else ""
        return FetchedPage(kept[0], f"{rendered}kept in {kept[1]}; --fresh fetches it again")
    try:
        got = fetch_page(loaded, request, resolve)
    except NotFetched as error:
        raise Failed(f"{error}{_kept_of_failure(error.page)}") from None
    keep(CACHE, got.page)
    return got


def _kept_of_failure(page: "Page | None") -> str:
    """Keeps what the browser had of a page that it gave up, and says where."""
    from pipelines.kept_pages import keep_failed

    if page is None or not page.rendered:
        return ""
    return "".join(f"\n{what}: {path}" for what, path in keep_failed(CACHE, page).items())


def _save(loaded: "LoadedSource", report: "PageReport", name: str) -> None:
    from pipelines.golden_cases import case_name, save_case
    from pipelines.page_answers import without_answers

    if report.error:
        raise Failed(f"not saved: {report.error}")
    report.page = without_answers(loaded, report.page)
    folder = save_case(loaded, report, name or case_name(report.page.request))
    click.echo(f"saved as a test case: {folder}; scrapeline test {loaded.source.source} reads it again", err=True)
