"""How one attempt at a request can fail, as exceptions that say what the caller should do."""

from schemas.page import Page
from schemas.reasons import Dead, Drop

__all__ = ["AttemptDropped", "AttemptFailed", "Stopped"]


class AttemptFailed(Exception):
    """The attempt failed: try again when `transient`, else write a letter.

    Attributes:
      reason: the letter's.
      transient: whether another attempt may succeed (time-outs, connection errors, 429, 5xx).
      retry_after_secs: what the server asked for; None when it did not.
      page: what the browser had of the page by then, with a screenshot; kept for the letter.
    """

    def __init__(
        self,
        reason: Dead,
        message: str,
        *,
        transient: bool = False,
        retry_after_secs: float | None = None,
        page: Page | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.transient = transient
        self.retry_after_secs = retry_after_secs
        self.page = page


class AttemptDropped(Exception):
    """The request is left out on purpose (robots.txt forbids it): count it, write no letter."""

    def __init__(self, reason: Drop, note: str = "") -> None:
        super().__init__(note or reason)
        self.reason = reason
        self.note = note


class Stopped(Exception):
    """The run is being stopped: end what has not been sent as `cancelled`."""
