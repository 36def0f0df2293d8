"""How one request ended."""

import dataclasses
from collections.abc import Mapping
from typing import Literal

from schemas.dead_letter import DeadLetter
from schemas.host_use import HostUse
from schemas.page import Page
from schemas.reading import FieldProblem, Item
from schemas.request import Request

__all__ = ["Outcome", "Scraped"]

End = Literal["pages", "dead", "dropped"]


@dataclasses.dataclass(slots=True)
class Outcome:
    """How one request (or one spec, once it is expanded) ended.

    Attributes:
      end: as a page, one dead letter, or dropped with a reason.
      reason: a `Dead` or `Drop` value; empty for pages.
      spawned: ids of the requests that it led to.
      retries: attempts after the first.
      bytes: of bodies received over the network, before content encodings were undone; 0 when it came from the archive.
      notes: limits reached; they make the execution `partial`.
      fetch_secs: from sending to the last byte, over all attempts.
      page_type: of the request; empty for a spec, or a source of one unnamed type.
      rendered: a browser made the page (or failed to).
      browser_secs: that a tab was held for it, over all attempts.
      http_in_vain: `fetch.mode: auto` fetched it over HTTP first, and that was not enough.
      http_lacked: what it was not enough in, in words (`price missing on 3 of 30 items`).
      is_spec: it is the end of a spec's expansion, not of a request.
      skeleton: what its page is built of, where it was sampled (`Reading.skeleton`).
      hosts: what was done to each host since this was last told; of an outcome that is of no request.
    """

    execution_id: str
    source: str
    request_id: str
    end: End
    reason: str = ""
    spawned: tuple[str, ...] = ()
    retries: int = 0
    bytes: int = 0
    from_archive: bool = False
    notes: tuple[str, ...] = ()
    fetch_secs: float = 0.0
    page_type: str = ""
    rendered: bool = False
    browser_secs: float = 0.0
    http_in_vain: bool = False
    http_lacked: str = ""
    is_spec: bool = False
    skeleton: tuple[str, ...] = ()
    hosts: Mapping[str, HostUse] | None = None


@dataclasses.dataclass(slots=True)
class Scraped:
    """What leaves the scrape stage for one request: its outcome, and with a page its items.

    `items` belong to `table`; a page can have items and, for a request that died with `if_failed: emit`, a letter.

    Attributes:
      request: of items that were carried by a request which has neither page nor letter (one that was dropped).
    """

    outcome: Outcome
    page: Page | None = None
    letter: DeadLetter | None = None
    table: str = ""
    items: list[Item] = dataclasses.field(default_factory=list)
    problems: dict[int, list[FieldProblem]] = dataclasses.field(default_factory=dict)
    filtered: int = 0
    scraper_version: str = ""
    request: Request | None = None
