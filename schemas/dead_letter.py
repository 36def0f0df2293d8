"""A failure, with all that is needed to understand and to replay it."""

import dataclasses
import traceback
from typing import Any

from schemas.ids import content_id
from schemas.page import ArchivePointer, Page
from schemas.reading import FieldProblem
from schemas.reasons import Dead
from schemas.request import Request

__all__ = ["DeadLetter"]


@dataclasses.dataclass(slots=True)
class DeadLetter:
    """Why one request, or one item of a page, ended here.

    Attributes:
      stage: where it died and where a replay puts it back: `scrape`, `parse`, `validate`, `write`; or `event`, before
        these, and `publish`, after them.
      item: the refused item (untrusted fields); None when a whole request died.
      item_number: its place on the page, from 0; None when a whole request died.
      problems: every bad field of the item.
      attempts: how often the request was tried.
      event: an event that was not taken, or not published, as it came (`schemas.events.event.original_text`).
      archived, screenshot: where the page is kept, and a picture of it; None for nowhere.
      failed_at, first_failed_at: Unix seconds.
    """

    stage: str
    reason: Dead
    request: Request
    message: str = ""
    error_type: str = ""
    traceback: str = ""
    item: dict[str, Any] | None = None
    item_number: int | None = None
    problems: list[FieldProblem] = dataclasses.field(default_factory=list)
    status: int | None = None
    url: str = ""
    attempts: int = 1
    archived: ArchivePointer | None = None
    screenshot: ArchivePointer | None = None
    failed_at: float = 0.0
    first_failed_at: float = 0.0
    event: str | None = None

    @property
    def letter_id(self) -> str:
        """The same for the same failure of the same request, however often its bundle is retried."""
        return content_id("letter", self.stage, self.reason, self.request.request_id, self.item_number)

    @classmethod
    def of_error(
        cls, stage: str, reason: Dead, request: Request, error: BaseException, page: Page | None = None
    ) -> "DeadLetter":
        """A letter for an exception; never raises itself, whatever the exception's own `__str__` does."""
        try:
            message = str(error)
        except Exception:  # noqa: BLE001  somebody else's __str__
            message = "(the error has no readable message)"
        trace = "".join(traceback.format_exception(error))[-8000:]
        letter = cls(
            stage, reason, request, message[:2000] or type(error).__name__, type(error).__name__, trace, url=request.url
        )
        if page is not None:
            letter.status, letter.url, letter.archived, letter.failed_at = (
                page.status,
                page.url,
                page.archived,
                page.fetched_at,
            )
        return letter
