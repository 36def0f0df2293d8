"""`scrapeline new`: a source file proposed from one page, run on that page before it is written."""

import re
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from pipelines.commands.options import Failed, SourceMistakes, resolve_option, sources_option

if TYPE_CHECKING:
    from schemas.page import Page
    from scrapers.proposal.verify import Verified

__all__ = ["new"]

KINDS = ("json", "jsonld", "microdata", "table", "cards", "script", "page")
EPILOG = """\b
Examples:
  scrapeline new https://shop.example/lamps          writes sources/shop.yaml
  scrapeline new https://shop.example/lamps --name lamps -o -     shows it instead
  scrapeline new https://api.example/v1/items        a JSON answer: the list inside, its cursor
  scrapeline new https://shop.example/lamps --kind table          another way to read the page
  scrapeline new https://shop.example/lamps --file page.html      a page that is saved already; nothing is fetched
  scrapeline new https://shop.example/lamps --browser             a page that scripts make; says where its data is from

\b
Exit codes: 0 written; 1 the page could not be fetched, or nothing on it repeats or describes itself;
2 a mistake in the command line, or the file exists (--force).
"""


@click.command(epilog=EPILOG)
@click.argument("url")
@sources_option
@resolve_option
@click.option("--name", help="The source's name; default: from the host.")
@click.option("--output", "-o", help="The file to write, or - for the screen; default: SOURCES/NAME.yaml.")
@click.option(
    "--file",
    "saved",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Read this page; fetch nothing.",
)
@click.option("--kind", type=click.Choice(KINDS), help="Read the page this way; default: the way that tells most.")
@click.option("--browser", is_flag=True, help="Render the page in Chromium.")
@click.option("--force", is_flag=True, help="Write over an existing file.")
def new(
    url: str,
    sources_dir: Path | None,
    resolve: tuple[str, ...],
    name: str | None,
    output: str | None,
    saved: Path | None,
    kind: str | None,
    browser: bool,
    force: bool,
) -> None:
    """Propose a source file from the page at URL: its JSON-LD, microdata, tables, repeated cards, or JSON answer."""
    url = _checked_url(url)
    name = _checked_name(name) if name else name_from(url)
    target = None if output == "-" else _target(output, sources_dir, name, force=force)
    page = _saved_page(url, saved) if saved else _fetched_page(url, name, target, resolve, browser=browser)
    verified = best(page, name, kind)
    from pipelines.commands.page_output import print_rows
    from pipelines.terminal import open_console
    from scrapers.proposal.data_sources import find_data_sources

    if target is None:
        click.echo(verified.text, nl=False)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(verified.text, "utf-8")
    console = open_console(stderr=True)
    print_rows(console, verified.rows, 2)
    candidate = verified.candidate
    where = f"wrote {target}" if target else "not written"
    console.print(
        f"\n{where}: {len(verified.rows)} rows of {len(candidate.fields)} fields from {candidate.what}", markup=False
    )
    for source in find_data_sources(page)[:1]:
        console.print(f"{source}: scrapeline new {source.url}", markup=False)
    if target is not None:
        console.print(f"Next: scrapeline try {name}{_sources_words(target.parent)}", markup=False)


def _checked_url(url: str) -> str:
    if not re.match(r"https?://[^/]", url, re.IGNORECASE):
        raise click.BadParameter(f"{url!r} is not a URL; it begins with http:// or https://", param_hint="URL")
    return url


def _checked_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,62}", name):
        raise click.BadParameter("a letter, then letters, digits, - and _ (63 at most)", param_hint="--name")
    return name


def name_from(url: str) -> str:
    """A source's name from a host: `https://www.books.toscrape.com/x` gives `books_toscrape`."""
    import ada_url

    try:
        host = ada_url.URL(url).hostname
    except ValueError:
        raise click.BadParameter(f"{url!r} is not a URL", param_hint="URL") from None
    labels = [label for label in host.split(".") if label != "www"]
    words = "_".join(re.sub(r"[^a-z0-9]+", "_", label) for label in (labels[:-1] or labels))
    return words if words[:1].isalpha() else f"site_{words}".rstrip("_")[:63]


def _target(output: str | None, sources_dir: Path | None, name: str, *, force: bool) -> Path:
    target = Path(output) if output else (sources_dir or Path("sources")) / f"{name}.yaml"
    if target.exists() and not force:
        raise SourceMistakes(f"{target} exists; --force writes over it, --name or --output choose another")
    return target


def _sources_words(folder: Path) -> str:
    return "" if folder in (Path("sources"), Path()) else f" --sources {folder}"


def _saved_page(url: str, saved: Path) -> "Page":
    from schemas.page import Page
    from schemas.request import Request

    body = saved.read_bytes()
    kinds = {".json": "application/json", ".xml": "application/xml"}
    headers = (("Content-Type", kinds.get(saved.suffix, "text/html")),)
    return Page(Request("new", url, "new"), 200, url, headers, body, time.time())


def _fetched_page(url: str, name: str, target: Path | None, resolve: tuple[str, ...], *, browser: bool) -> "Page":
    """Fetches with the defaults (contact, user agent, politeness) of the folder that the file will stand in."""
    from pipelines.fetch_page import NotFetched, fetch_page
    from pipelines.kept_pages import keep
    from scrapers.proposal.source_text import flow
    from scrapers.source_files.load import load_sources
    from scrapers.source_files.request_rules import make_request

    defaults = (target.parent if target else Path("sources")) / "scrapeline.yaml"
    with tempfile.TemporaryDirectory(prefix="scrapeline-new-") as scratch:
        folder = Path(scratch)
        if defaults.is_file():
            (folder / defaults.name).write_bytes(defaults.read_bytes())
        text = (
            f"source: {name}\ntable: {name}.pages\nseeds: {flow({'urls': [url]})}\nfields:\n  title: {{css: title}}\n"
        )
        text += "fetch: {mode: browser}\n" if browser else ""
        (folder / f"{name}.yaml").write_text(text, "utf-8")
        loaded = load_sources(folder)[name]
        try:
            page = fetch_page(loaded, make_request(loaded, "", url, execution_id="try", params={}), resolve).page
        except NotFetched as error:
            raise Failed(f"{error}\nSave the page from a browser and give it with --file page.html") from None
    keep(Path(".scrapeline"), page)
    return page


def best(page: "Page", name: str, kind: str | None) -> "Verified":
    """The first candidate that gives rows on its own page."""
    from scrapers.proposal.candidate import Kind
    from scrapers.proposal.propose import propose
    from scrapers.proposal.verify import verify

    wanted = next((each for each in get_args(Kind) if each == kind), None)
    candidates = propose(page, wanted)
    for place, candidate in enumerate(candidates):
        others = {
            other.kind: other
            for other in reversed(candidates[place + 1 :])
            if other.kind not in (candidate.kind, "page")
        }
        verified = verify(candidate, page, name, list(others.values()))
        if verified is not None:
            return verified
    what = f" as {kind}" if kind else ""
    raise Failed(f"nothing could be read{what} from {page.url}: {_what_it_may_be(page)}")


def _what_it_may_be(page: "Page") -> str:
    from scrapers.fetching.markers import find_marker

    found = find_marker(page, page.body.decode("utf-8", "replace"))
    if found is None:
        return "its scripts show nothing" if page.rendered else "scripts may make the page: --browser renders it"
    return f"it is {'a block page' if found.kind == 'blocked' else 'a login wall'} ({found.marker})"
