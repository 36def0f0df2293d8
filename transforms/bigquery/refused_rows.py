"""Rows that a table refused, as dead letters from which they can be written again."""

from schemas.dead_letter import DeadLetter
from schemas.reading import FieldProblem
from schemas.reasons import Dead
from schemas.request import Request
from schemas.row_batch import RowBatch
from transforms.bigquery.inserts import Refused

__all__ = ["refused_letter"]


def refused_letter(batch: RowBatch, number: int, refused: Refused) -> DeadLetter:
    """The letter of one row of a page, with the row itself and BigQuery's own words.

    Its request is only the name of the real one, which the row's page has answered: id, source, address and kind of
    page, not its method, headers or parameters.

    Args:
      number: of the row in the batch.
    """
    too_large = refused.reason == Dead.ROW_TOO_LARGE.value
    request = Request(
        batch.source, batch.url, batch.execution_id, page_type=batch.page_type, request_id=batch.request_id
    )
    return DeadLetter(
        "write",
        Dead.ROW_TOO_LARGE if too_large else Dead.REFUSED_BY_TABLE,
        request,
        f"{batch.table}: {refused.reason}: {refused.message}"[:2000],
        item=batch.rows[number],
        item_number=batch.numbers[number] if batch.numbers else number,
        problems=[FieldProblem(refused.field, refused.reason, refused.message[:2000])],
        url=batch.url,
        archived=batch.archived,
        failed_at=batch.scraped_at,
        first_failed_at=batch.scraped_at,
    )
