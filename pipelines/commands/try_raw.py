"""`scrapeline try SOURCE --raw FILE`: what a file that a scraper elsewhere has left would give, before events flow."""

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.options import SourceMistakes

if TYPE_CHECKING:
    from scrapers.source_files.load import LoadedSource

__all__ = ["try_raw"]

_SHOWN = 20


@dataclasses.dataclass(slots=True)
class _Found:
    """What came of the file so far.

    Attributes:
      rows: the first ones.
      refused: the first sentences of what became no row.
    """

    counts: Counter[str] = dataclasses.field(default_factory=Counter)
    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    refused: list[str] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)


def try_raw(loaded: "LoadedSource", path: str, *, shown: int, as_json: bool) -> bool:
    """Shows it; whether rows came of it and nothing was refused. Nothing is written.

    Args:
      path: as an event would name it.
      shown: rows to show.
    """
    if loaded.source.raw is None:
        raise SourceMistakes(f"{loaded.path.name} takes no raw output: add a section `raw: {{}}`")
    found = _read(loaded, path, shown)
    good = bool(found.counts["rows"]) and not found.refused
    if as_json:
        from pipelines.terminal import print_json

        print_json({"path": path, "good": good, **found.counts, **_lists(found)})
        return good
    from pipelines.commands.page_output import print_rows
    from pipelines.terminal import open_console

    console = open_console()
    print_rows(console, found.rows, shown)
    told = ", ".join(f"{found.counts[name]:,} {name}" for name in ("pages", "items", "rows", "refused", "letters"))
    click.echo(f"\n{path}: {told}")
    for sentence in (*found.refused[:_SHOWN], *found.notes):
        click.echo(f"  {sentence}")
    return good


def _lists(found: _Found) -> dict[str, Any]:
    return {"first_rows": found.rows, "first_refused": found.refused, "notes": found.notes}


def _read(loaded: "LoadedSource", path: str, shown: int) -> _Found:
    from schemas.events.arrival import RawOutput
    from schemas.row import RowMaker
    from scrapers.extraction.scraper import reader
    from scrapers.raw_output.reader import RawReader
    from transforms.filesystem import open_to_read

    name, found = loaded.source.source, _Found()
    keep_unknown = loaded.source.unknown_fields == "keep"
    makers = {table: RowMaker(one, keep_unknown=keep_unknown) for table, one in loaded.tables.items()}
    for one in RawReader({name: loaded}, reader({name: loaded}), open_to_read).read(RawOutput("try", name, path)):
        found.counts["pages"] += one.outcome.end == "pages" and not one.outcome.is_spec
        found.counts["items"] += len(one.items)
        found.notes += one.outcome.notes
        if one.letter is not None:
            found.counts["letters"] += 1
            found.refused += [f"{one.letter.reason}: {one.letter.message}"][: _SHOWN - len(found.refused)]
        if one.items:
            accepted = makers[one.table].accept(one.items, one.problems)
            found.counts["rows"] += len(accepted.rows)
            found.counts["refused"] += len(accepted.refused)
            found.rows += accepted.rows[: shown - len(found.rows)]
            for number, problems in accepted.refused[: _SHOWN - len(found.refused)]:
                found.refused.append(f"item {number}: {'; '.join(f'{p.field}: {p.message}' for p in problems)}")
    return found
