"""The rows of one page: what they share is said once."""

import dataclasses
from typing import Any

from schemas.page import ArchivePointer

__all__ = ["RowBatch"]


@dataclasses.dataclass(slots=True)
class RowBatch:
    """Rows of one page and one table, on their way to a writer. The lists run in parallel.

    Attributes:
      table: as the source writes it, `shop.products`.
      url: of the page, after redirects.
      scraped_at: when the page was complete, Unix seconds.
      archived: None when the page was not archived.
      rows: as `RowMaker` gives them: every column of the table is there.
      numbers: each row's place among the items of its page, from 0; empty where nobody knows.
      page_type: kind of the page, empty in a source of one kind.
    """

    table: str
    execution_id: str
    source: str
    url: str
    scraped_at: float
    request_id: str
    archived: ArchivePointer | None = None
    schema_version: str = ""
    scraper_version: str = ""
    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    row_keys: list[str] = dataclasses.field(default_factory=list)
    row_ids: list[str] = dataclasses.field(default_factory=list)
    numbers: list[int] = dataclasses.field(default_factory=list)
    page_type: str = ""
