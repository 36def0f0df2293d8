"""A request on its way through a host's queue, and the limits that it counts against."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

from schemas.page import Page
from schemas.reading import Reading
from schemas.request import Request
from scrapers.fetching.source_rules import SourceRules

if TYPE_CHECKING:
    from scrapers.fetching.host_uses import HostUses

__all__ = ["Budget", "ExecutionUse", "Ticket"]


class Budget:
    """How many pages a spec may still fetch, follow-ups included (None for no limit), and until when.

    Args:
      limit: of the spec.
      deadline_at: Unix seconds; 0 for never.
      spec_id: whose it is, where somebody asks for that.
      used: pages of the limit that were fetched before.
    """

    __slots__ = ("deadline_at", "left", "limit", "spec_id")

    def __init__(self, limit: int | None, *, deadline_at: float = 0.0, spec_id: str = "", used: int = 0) -> None:
        self.limit = limit
        self.left = limit if limit is None else max(0, limit - used)
        self.deadline_at = deadline_at
        self.spec_id = spec_id

    def take(self, count: int = 1) -> int:
        """Takes up to `count` pages; gives how many there were."""
        if self.left is None:
            return count
        taken = min(count, self.left)
        self.left -= taken
        return taken

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.left == 0

    def is_late(self, clock: Callable[[], float]) -> bool:
        """Whether nobody wants its pages any more."""
        return bool(self.deadline_at) and clock() > self.deadline_at


class ExecutionUse:
    """What one execution has used of its source's limits in this process.

    Ids rather than a number, so that a bundle that is tried again does not count twice.
    """

    __slots__ = ("_pages", "started")

    def __init__(self, started: float) -> None:
        self.started = started
        self._pages: dict[int, set[str]] = {}

    def take(self, request_id: str, slot: int, limit: int) -> bool:
        """Counts a page of a slot; False when the slot's share of `limits.max_pages` is used up."""
        pages = self._pages.setdefault(slot, set())
        if request_id in pages:
            return True
        if len(pages) >= limit:
            return False
        pages.add(request_id)
        return True

    def full(self, slot: int, limit: int) -> bool:
        """Whether the slot's share is used up."""
        return len(self._pages.get(slot, ())) >= limit


@dataclasses.dataclass(slots=True, eq=False)
class Ticket:
    """One request in a queue.

    Attributes:
      attempts: started so far.
      first_sent: loop seconds of the first attempt; retries end when they are too far from it.
      counted: whether it has been taken off its limits.
      wire_bytes: of bodies received for it, over all attempts.
      notes: limits met on the way; they go into its outcome.
      fetch_secs: from sending to the last byte, over all attempts.
      first_failed_at: Unix seconds of the first failed attempt; 0 for none.
      mode: how it is fetched, where the source leaves that open (`fetch.mode: auto`); empty before that is decided.
      crashes: tabs that it has killed.
      browser_secs: that tabs were held for it, over all attempts.
      http_in_vain: what HTTP gave, and what that was read as, when it was not enough and the browser is asked next.
      http_lacked: what HTTP's page was not enough in.
      retries_before: attempts over HTTP after the first, when the browser is asked next.
      last_page: the answer that the last attempt ended with, if there was one: kept for the letter.
      uses: of its visit: where what it does to hosts is counted.
    """

    request: Request
    rules: SourceRules
    budget: Budget
    attempts: int = 0
    first_sent: float = 0.0
    counted: bool = False
    wire_bytes: int = 0
    fetch_secs: float = 0.0
    first_failed_at: float = 0.0
    from_archive: bool = False
    notes: list[str] = dataclasses.field(default_factory=list)
    mode: str = ""
    crashes: int = 0
    browser_secs: float = 0.0
    http_in_vain: tuple[Page, Reading] | None = None
    http_lacked: str = ""
    retries_before: int = 0
    last_page: Page | None = None
    uses: "HostUses | None" = None

    def note(self, note: str) -> None:
        """Adds a note, once."""
        if note not in self.notes:
            self.notes.append(note)
