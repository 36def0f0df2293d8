"""Turns untrusted items into rows, or into letters that name every bad field."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import DoOutputsTuple, TaggedOutput
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue

from schemas.dead_letter import DeadLetter
from schemas.outcome import Scraped
from schemas.page import Page
from schemas.reading import FieldProblem
from schemas.reasons import Dead, Drop
from schemas.row import Accepted, RowMaker
from schemas.row_batch import RowBatch
from schemas.tally import Tally
from transforms.tags import DEAD_LETTERS, TALLIES

__all__ = ["RowMakers", "ValidateItems", "accept_items"]

RowMakers = Callable[[str, str], RowMaker]
"""(source, table) -> what accepts rows for that table."""


def accept_items(scraped: Scraped, page: Page, maker: RowMaker) -> tuple[Accepted, list[DeadLetter]]:
    """What a table accepts of a page's items, and a letter for each that it refuses."""
    accepted = maker.accept(scraped.items, scraped.problems)
    letters = [_letter(scraped, page, number, problems) for number, problems in accepted.refused]
    return accepted, letters


def _letter(scraped: Scraped, page: Page, number: int, problems: list[FieldProblem]) -> DeadLetter:
    too_large = any(problem.rule == Dead.ROW_TOO_LARGE for problem in problems)
    return DeadLetter(
        "validate",
        Dead.ROW_TOO_LARGE if too_large else Dead.INVALID_ITEM,
        page.request,
        "; ".join(f"{problem.field}: {problem.message}" for problem in problems)[:2000],
        item=scraped.items[number],
        item_number=number,
        problems=problems,
        status=page.status,
        url=page.url,
        archived=page.archived,
        failed_at=page.fetched_at,
        first_failed_at=page.fetched_at,
    )


class ValidateItemsFn(beam.DoFn):
    """Validates a page's items together.

    Yields:
      Main output: RowBatch, the accepted rows of one page.
      DEAD_LETTERS: DeadLetter, for the request that died and for each refused item.
      TALLIES: (execution_id, Tally), one for each execution of the bundle.
    """

    def __init__(self, open_row_makers: Callable[[], RowMakers]) -> None:
        self._open_row_makers = open_row_makers

    def setup(self) -> None:
        self._row_maker = self._open_row_makers()

    def start_bundle(self) -> None:
        self._tallies: dict[str, Tally] = {}

    def process(self, scraped: Scraped) -> Iterator[RowBatch | TaggedOutput]:
        outcome = scraped.outcome
        tally = self._tallies.get(outcome.execution_id)
        if tally is None:
            tally = self._tallies[outcome.execution_id] = Tally()
        tally.end(outcome)
        if scraped.letter is not None:
            yield TaggedOutput(DEAD_LETTERS, scraped.letter)
        if scraped.filtered:
            tally.counts["items"] += scraped.filtered
            tally.dropped[Drop.FILTERED] += scraped.filtered
        if scraped.items and scraped.page is not None:
            yield from self._rows(scraped, scraped.page, tally)

    def _rows(self, scraped: Scraped, page: Page, tally: Tally) -> Iterator[RowBatch | TaggedOutput]:
        maker = self._row_maker(scraped.outcome.source, scraped.table)
        accepted, letters = accept_items(scraped, page, maker)
        tally.counts["items"] += len(scraped.items)
        tally.counts["rows"] += len(accepted.rows)
        for letter in letters:
            tally.dead[letter.reason] += 1
            yield TaggedOutput(DEAD_LETTERS, letter)
        if accepted.rows:
            request = page.request
            yield RowBatch(
                table=scraped.table,
                execution_id=request.execution_id,
                source=request.source,
                url=page.url,
                scraped_at=page.fetched_at,
                request_id=request.request_id,
                archived=page.archived,
                schema_version=maker.table.version,
                scraper_version=scraped.scraper_version,
                rows=accepted.rows,
                row_keys=accepted.row_keys,
                row_ids=accepted.row_ids,
            )

    def finish_bundle(self) -> Iterator[TaggedOutput]:
        for execution_id, tally in self._tallies.items():
            yield TaggedOutput(TALLIES, WindowedValue((execution_id, tally), MIN_TIMESTAMP, (GlobalWindow(),)))


@dataclasses.dataclass(eq=False)
class ValidateItems(beam.PTransform[Any, Any]):
    """PCollection[Scraped] -> rows: PCollection[RowBatch], dead_letters: PCollection[DeadLetter], tallies.

    Args:
      open_row_makers: gives the process's row makers.
    """

    open_row_makers: Callable[[], RowMakers]

    def expand(self, scraped: beam.PCollection[Scraped]) -> DoOutputsTuple:
        validate = beam.ParDo(ValidateItemsFn(self.open_row_makers))
        return scraped | "Validate" >> validate.with_outputs(DEAD_LETTERS, TALLIES, main="rows")
