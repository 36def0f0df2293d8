"""One page read and checked, with all that `scrapeline try` and the golden tests tell of it."""

import dataclasses
import time
from typing import Any

from schemas.page import Page
from schemas.reading import FieldProblem, Reading
from schemas.row import Accepted, RowMaker
from scrapers.extraction.scraper import Scraper
from scrapers.source_files.load import LoadedSource

__all__ = ["PageReport", "expected_of", "read_page"]


@dataclasses.dataclass(slots=True)
class PageReport:
    """What one page gave.

    Attributes:
      error: what the parser raised; empty when it did not. Then there are no items.
      read_ms, check_ms: time of the parse and of the check against the table.
    """

    page: Page
    reading: Reading
    accepted: Accepted
    error: str = ""
    read_ms: float = 0.0
    check_ms: float = 0.0

    @property
    def good(self) -> bool:
        """Whether something came of the page, and nothing was refused or will be."""
        found = bool(self.accepted.rows or self.reading.follow_ups)
        wrong = self.accepted.refused or self.error or self.lacking
        return found and not wrong and self.reading.verdict in ("ok", "empty")

    @property
    def lacking(self) -> dict[str, int]:
        """Required fields that items lack which travel on: their rows will be refused at the end of the way."""
        travel_on = any(request.item is not None for request in self.reading.follow_ups)
        return self.reading.missing if travel_on and not self.accepted.rows else {}


def read_page(loaded: LoadedSource, scraper: Scraper, page: Page) -> PageReport:
    """Reads and checks the page as a run would; an exception of the parser is reported, not raised."""
    started = time.perf_counter()
    try:
        reading = scraper.read(page)
    except Exception as error:  # noqa: BLE001  a page may break any parser, and a hook is somebody else's code
        return PageReport(page, Reading(), Accepted(), f"{type(error).__name__}: {error}")
    parsed = time.perf_counter()
    accepted = Accepted()
    if reading.table:
        keeps = loaded.source.unknown_fields == "keep"
        accepted = RowMaker(loaded.tables[reading.table], keep_unknown=keeps).accept(reading.items, reading.problems)
    checked = time.perf_counter()
    return PageReport(page, reading, accepted, "", (parsed - started) * 1000, (checked - parsed) * 1000)


def expected_of(report: PageReport) -> dict[str, Any]:
    """What a golden test compares: rows, refusals, follow-ups and verdict, without ids and times."""
    reading = report.reading
    follow_ups = [
        {"to": each.page_type, "method": each.method, "url": each.url}
        | ({"item": dict(each.item)} if each.item is not None else {})
        for each in reading.follow_ups
    ]
    return {
        "verdict": reading.verdict,
        "table": reading.table,
        "rows": report.accepted.rows,
        "refused": [
            {"item": number, "problems": [_problem(problem) for problem in problems]}
            for number, problems in report.accepted.refused
        ],
        "follow_ups": follow_ups,
        "filtered": reading.filtered,
        "notes": reading.notes,
        **({"error": report.error} if report.error else {}),
    }


def _problem(problem: FieldProblem) -> dict[str, str]:
    return {"field": problem.field, "rule": problem.rule, "value": problem.value}
