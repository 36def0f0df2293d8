"""Runs the text of a source file on one page, as a run would."""

import dataclasses
import tempfile
from pathlib import Path
from typing import Any

from schemas.page import Page
from schemas.row import RowMaker
from scrapers.extraction.scraper import load_scraper
from scrapers.source_files.load import LoadedSource, SourceFileErrors, load_sources
from scrapers.source_files.request_rules import make_request

__all__ = ["Trial", "run_on_page"]


@dataclasses.dataclass(frozen=True, slots=True)
class Trial:
    """What came of it.

    Attributes:
      refused: fields whose values some row was refused for.
      mistaken: fields whose rules cannot be read.
      failed: the file as a whole cannot be used on this page; then there are no rows.
    """

    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    refused: frozenset[str] = frozenset()
    mistaken: frozenset[str] = frozenset()
    failed: bool = False


def run_on_page(text: str, page: Page) -> Trial:
    """Never raises for what stands on the page."""
    with tempfile.TemporaryDirectory(prefix="scrapeline-new-") as folder:
        Path(folder, "proposal.yaml").write_text(text, "utf-8")
        try:
            (loaded,) = load_sources(Path(folder)).values()
        except SourceFileErrors as errors:
            mistaken = frozenset(
                name for mistake in errors.mistakes if (name := _field_of(mistake.path.removeprefix("fields.")))
                and mistake.path.startswith("fields.")
            )  # fmt: skip
            return Trial(mistaken=mistaken, failed=not mistaken)
        return _read(loaded, page)


def _read(loaded: LoadedSource, page: Page) -> Trial:
    request = make_request(loaded, "", page.request.url, execution_id="proposal", params={})
    try:
        reading = load_scraper(loaded).read(dataclasses.replace(page, request=request))
    except Exception:  # noqa: BLE001  a page may break any parser; another candidate may do
        return Trial(failed=True)
    if not reading.table:
        return Trial()
    accepted = RowMaker(loaded.tables[reading.table]).accept(reading.items, reading.problems)
    refused = frozenset(_field_of(problem.field) for _, problems in accepted.refused for problem in problems)
    return Trial(accepted.rows, refused)


def _field_of(path: str) -> str:
    """`offers[2].price` is about the field `offers`."""
    return path.partition(".")[0].partition("[")[0]
