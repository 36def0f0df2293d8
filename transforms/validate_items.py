"""Turns untrusted items into rows, or into letters that name every bad field."""

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol, Self

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue

from schemas.dead_letter import DeadLetter
from schemas.outcome import Scraped
from schemas.page import ArchivePointer
from schemas.reading import FieldProblem, Item
from schemas.reasons import Dead, Drop
from schemas.request import Request
from schemas.row import Accepted
from schemas.row_batch import RowBatch
from schemas.table import Table
from schemas.tally import Tally
from transforms.tags import DEAD_LETTERS, TALLIES

__all__ = ["LeaveOut", "RowMakers", "ValidateItems", "accept_items"]


class RowMaker(Protocol):
    """What accepts rows for one table (`schemas.row.RowMaker`, or one that also counts)."""

    table: Table

    def accept(self, items: list[Item], problems: dict[int, list[FieldProblem]]) -> Accepted:
        """Rows of the good items, every bad field of the others."""


RowMakers = Callable[[str, str], RowMaker]
"""(source, table) -> its row maker."""
LeaveOut = Callable[[Scraped, Accepted, str], int]
"""(a page's items, what the table of that name accepts and refuses of them) -> how many of those it has taken out."""


@dataclasses.dataclass(frozen=True, slots=True)
class Origin:
    """Where items come from: their page, or (items carried by a request that died) the letter of that request."""

    request: Request
    url: str
    seen_at: float
    status: int | None = None
    archived: ArchivePointer | None = None

    @classmethod
    def of(cls, scraped: Scraped) -> Self:
        if scraped.page is not None:
            page = scraped.page
            return cls(page.request, page.url, page.fetched_at, page.status, page.archived)
        if scraped.letter is not None:
            letter = scraped.letter
            return cls(letter.request, letter.request.url, letter.failed_at, letter.status, letter.archived)
        if scraped.request is not None:
            return cls(scraped.request, scraped.request.url, time.time())
        raise ValueError(f"request {scraped.outcome.request_id} gave items, but neither a page nor a letter")


def accept_items(scraped: Scraped, maker: RowMaker) -> tuple[Accepted, list[DeadLetter]]:
    """What a table accepts of a request's items, and a letter for each that it refuses."""
    accepted = maker.accept(scraped.items, scraped.problems)
    return accepted, _letters(scraped, accepted)


def _letters(scraped: Scraped, accepted: Accepted) -> list[DeadLetter]:
    origin = Origin.of(scraped)
    return [_letter(scraped, origin, number, problems) for number, problems in accepted.refused]


def _letter(scraped: Scraped, origin: Origin, number: int, problems: list[FieldProblem]) -> DeadLetter:
    too_large = any(problem.rule == Dead.ROW_TOO_LARGE for problem in problems)
    return DeadLetter(
        "validate",
        Dead.ROW_TOO_LARGE if too_large else Dead.INVALID_ITEM,
        origin.request,
        "; ".join(f"{problem.field or problem.rule}: {problem.message}" for problem in problems)[:2000],
        item=scraped.items[number],
        item_number=number,
        problems=problems,
        status=origin.status,
        url=origin.url,
        archived=origin.archived,
        failed_at=origin.seen_at,
        first_failed_at=origin.seen_at,
    )


def _batch(scraped: Scraped, accepted: Accepted, version: str) -> RowBatch:
    origin = Origin.of(scraped)
    return RowBatch(
        table=scraped.table,
        execution_id=origin.request.execution_id,
        source=origin.request.source,
        url=origin.url,
        scraped_at=origin.seen_at,
        request_id=origin.request.request_id,
        archived=origin.archived,
        schema_version=version,
        scraper_version=scraped.scraper_version,
        page_type=origin.request.page_type,
        rows=accepted.rows,
        row_keys=accepted.row_keys,
        row_ids=accepted.row_ids,
        numbers=accepted.numbers,
    )


class ValidateItemsFn(beam.DoFn):
    """Validates a page's items together.

    Yields:
      Main output: RowBatch, the accepted rows of one page.
      DEAD_LETTERS: DeadLetter, for the request that died and for each refused item.
      TALLIES: (execution_id, Tally), one for each execution of the bundle.
    """

    def __init__(
        self, open_row_makers: Callable[[], RowMakers], open_leave_out: Callable[[], LeaveOut] | None = None
    ) -> None:
        self._open_row_makers = open_row_makers
        self._open_leave_out = open_leave_out

    def setup(self) -> None:
        self._row_maker = self._open_row_makers()
        self._leave_out = self._open_leave_out() if self._open_leave_out is not None else None

    def start_bundle(self) -> None:
        self._tallies: dict[str, Tally] = {}

    def process(self, scraped: Scraped) -> Iterator[Any]:
        outcome = scraped.outcome
        tally = self._tallies.get(outcome.execution_id)
        if tally is None:
            tally = self._tallies[outcome.execution_id] = Tally()
        tally.end(outcome, scraped.page)
        if scraped.letter is not None:
            yield TaggedOutput(DEAD_LETTERS, scraped.letter)
        if scraped.filtered:
            tally.counts["items"] += scraped.filtered
            tally.of_type(outcome.page_type).items += scraped.filtered
            tally.dropped[Drop.FILTERED] += scraped.filtered
        if scraped.items:
            yield from self._rows(scraped, tally)

    def _rows(self, scraped: Scraped, tally: Tally) -> Iterator[Any]:
        maker = self._row_maker(scraped.outcome.source, scraped.table)
        accepted = maker.accept(scraped.items, scraped.problems)
        if self._leave_out is not None:
            tally.counts["duplicates"] += self._leave_out(scraped, accepted, scraped.table)
        of_type = tally.of_type(scraped.outcome.page_type)
        of_type.items += len(scraped.items)
        of_type.rows += len(accepted.rows)
        tally.counts["items"] += len(scraped.items)
        tally.counts["rows"] += len(accepted.rows)
        for letter in _letters(scraped, accepted):
            tally.dead[letter.reason] += 1
            tally.refuse(letter.problems)
            yield TaggedOutput(DEAD_LETTERS, letter)
        if accepted.rows:
            yield _batch(scraped, accepted, maker.table.version)

    def finish_bundle(self) -> Iterator[TaggedOutput]:
        for execution_id, tally in self._tallies.items():
            yield TaggedOutput(TALLIES, WindowedValue((execution_id, tally), MIN_TIMESTAMP, (GlobalWindow(),)))


@dataclasses.dataclass(eq=False)
class ValidateItems(beam.PTransform[Any, Any]):
    """PCollection[Scraped] -> rows: PCollection[RowBatch], dead_letters: PCollection[DeadLetter], tallies.

    Args:
      open_row_makers: gives the process's row makers.
      open_leave_out: gives what takes out rows that are there already; None: nothing does.
    """

    open_row_makers: Callable[[], RowMakers]
    open_leave_out: Callable[[], LeaveOut] | None = None

    def expand(self, scraped: beam.PCollection[Scraped]) -> Any:
        validate = beam.ParDo(ValidateItemsFn(self.open_row_makers, self.open_leave_out))
        validate = validate.with_output_types(Any, **{DEAD_LETTERS: Any, TALLIES: tuple[str, Any]})
        return scraped | "Validate" >> validate.with_outputs(DEAD_LETTERS, TALLIES, main="rows")
