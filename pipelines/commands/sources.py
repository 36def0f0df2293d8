"""`scrapeline sources`: list, show and check source files, and give editors their schema."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.options import SourceMistakes, find_sources, load_named, load_one, sources_option
from pipelines.commands.source_decisions import disable, enable
from pipelines.commands.source_status import due, status
from pipelines.terminal import open_console, print_json, print_table

if TYPE_CHECKING:
    from scrapers.source_files.load import LoadedSource, SourceSet
    from scrapers.source_files.model import Seeds, Source

__all__ = ["sources"]

_FIRST = (
    "source", "table", "description", "key", "extends", "seeds", "schedule", "pages", "request", "fetch", "items",
    "fields", "next", "follow",
)  # fmt: skip
_EXAMPLES = """\b
Examples:
  scrapeline sources list
  scrapeline sources check                      every mistake of every file
  scrapeline sources show shop                  merged, with origins
  scrapeline sources schema -o source.schema.json
  scrapeline sources status                     failures in a row, backoff, why, next run
  scrapeline sources enable shop --schedule     lets it run by itself; records who and when
  scrapeline sources disable shop --because "the contract ends"
  scrapeline sources due                        what should run now

\b
Exit codes: 0 no mistake; 1 see status, due, enable and disable --help; 2 a source file (or the command line) has
mistakes.
"""


@click.group(epilog=_EXAMPLES)
def sources() -> None:
    """List, show and check source files; say how sources are, and which may run."""


for _command in (status, enable, disable, due):
    sources.add_command(_command)


@sources.command("list")
@sources_option
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for programs.")
def list_sources(sources_dir: Path | None, as_json: bool) -> None:
    """One line a source: tables, seeds, schedule, hosts, how pages are fetched, politeness."""
    loaded = load_named(find_sources(sources_dir))
    lines = [summary(one) for one in loaded.values()]
    if as_json:
        print_json(lines)
        return
    headings = ["name", "tables", "seeds", "schedule", "hosts", "fetch", "politeness"]
    print_table(open_console(), headings, [[_cell(line[heading]) for heading in headings] for line in lines])


def summary(loaded: "LoadedSource") -> dict[str, Any]:
    """What `sources list` says of one source."""
    source = loaded.source
    return {
        "name": source.source,
        "tables": sorted(loaded.tables),
        "seeds": _seeds_text(source.seeds),
        "schedule": _schedule_text(source),
        "hosts": _hosts(source),
        "fetch": _fetch_modes(source),
        "politeness": _politeness_text(source),
        "description": source.description,
        "file": str(loaded.path),
    }


def _cell(value: str | list[str]) -> str:
    if isinstance(value, str):
        return value or "-"
    return ", ".join(value[:3]) + (f" and {len(value) - 3} more" if len(value) > 3 else "") or "-"


def _seeds_text(seeds: "Seeds | None") -> str:
    if seeds is None:
        return "none"
    parts = []
    if seeds.urls:
        count = len(seeds.urls)
        by = f" x {', '.join(seeds.params)}" if seeds.params else ""
        parts.append(f"{count} URL{'s' * (count != 1)}{by}")
    if seeds.file:
        parts.append(f"file {seeds.file}")
    if seeds.sitemap:
        parts.append("sitemap")
    if seeds.query:
        parts.append("query")
    return ", ".join(parts) or "none"


def _schedule_text(source: "Source") -> str:
    schedule = source.schedule
    if schedule is None:
        return "none"
    is_off = "enabled" in schedule.model_fields_set and not schedule.enabled
    return f"{schedule.cron} {schedule.timezone}{' (off)' if is_off else ''}"


def _hosts(source: "Source") -> list[str]:
    """The hosts that the seeds name; a follow-up may lead to others."""
    import ada_url

    seeds = source.seeds
    if seeds is None:
        return []
    urls = list(seeds.urls or [])
    if seeds.sitemap is not None:
        urls.append(seeds.sitemap if isinstance(seeds.sitemap, str) else seeds.sitemap.url)
    hosts = []
    for url in urls:
        try:
            hosts.append(ada_url.URL(url).host)
        except ValueError:
            hosts.append("(from params)")
    return list(dict.fromkeys(hosts))


def _fetch_modes(source: "Source") -> list[str]:
    """How its page types are fetched, each way once: http, browser, auto."""
    types = source.page_types().values()
    return list(dict.fromkeys(page.fetch.mode if page.fetch else "http" for page in types))


def _politeness_text(source: "Source") -> str:
    rules = source.politeness
    text = f"{rules.delay_secs:g} s delay, {rules.concurrency} at once"
    return f"{text}, robots ignored: {rules.robots.because}" if rules.robots.ignore else text


@sources.command()
@click.argument("name")
@sources_option
@click.option("--json", "as_json", is_flag=True, help="Values and origins as one JSON document.")
def show(name: str, sources_dir: Path | None, as_json: bool) -> None:
    """A source as it counts: defaults and `extends` merged, each value with the file and line it came from."""
    loaded = load_one(find_sources(sources_dir), name)
    values = _in_reading_order(loaded.source.model_dump(mode="json", by_alias=True, exclude_unset=True))
    if as_json:
        print_json({"source": values, "origins": dict(loaded.origins), "digest": loaded.digest})
        return
    from pipelines.origins import annotated_yaml

    click.echo(annotated_yaml(values, loaded.origins, loaded.folder), nl=False)


def _in_reading_order(values: dict[str, Any]) -> dict[str, Any]:
    """What the source is first, then where it starts and what it reads, then the rules around it."""
    rest = [key for key in values if key not in _FIRST]
    return {key: values[key] for key in (*(key for key in _FIRST if key in values), *rest)}


@sources.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@sources_option
def check(names: tuple[str, ...], sources_dir: Path | None) -> None:
    """Check source files (default: all) and report all mistakes at once."""
    folder = find_sources(sources_dir)
    loaded = load_named(folder, names)
    _check_code(loaded)
    tables = {table for one in loaded.values() for table in one.tables}
    scheduled = sum(1 for one in loaded.values() if one.source.schedule is not None)
    click.echo(
        f"OK: {_count(len(loaded), 'source')}, {_count(len(tables), 'table')}, {scheduled} with a schedule in {folder}"
    )


def _check_code(loaded: "SourceSet") -> None:
    """Imports the code beside the sources, as a run does first."""
    from scrapers.extraction.scraper import load_scraper

    mistakes = []
    for name, one in loaded.items():
        try:
            load_scraper(one)
        except ValueError as error:
            mistakes.append(f"source {name}: {error}")
    if mistakes:
        raise SourceMistakes(f"{_count(len(mistakes), 'mistake')} in code beside source files\n" + "\n".join(mistakes))


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


@sources.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it there instead of stdout."
)
def schema(output: Path | None) -> None:
    """The JSON Schema of a source file: editors complete and check with it.

    \b
    Put this in a source file's first line, and the YAML extension of VS Code,
    JetBrains or Neovim completes it:
      # yaml-language-server: $schema=source.schema.json
    """
    import json

    from scrapers.source_files.editor_schema import editor_schema

    text = json.dumps(editor_schema(), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")
        click.echo(f"wrote {output}", err=True)
