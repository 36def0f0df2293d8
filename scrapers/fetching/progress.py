"""What a fetcher has done so far, cheap enough to be asked every second."""

import dataclasses
from collections import Counter

__all__ = ["Progress"]


@dataclasses.dataclass(slots=True)
class Progress:
    """Counts since the fetcher was opened.

    Attributes:
      pages: that ended as pages, by source; `rendered`: those of them that a browser made.
      requests: attempts begun, robots.txt not counted.
      bytes: of bodies as received.
      letters: of requests, by source and reason.
      dropped: by reason.
      hosts_open: hosts being worked on; `hosts_waiting` wait for their place among them.
      waiting_pages: finished and not yet taken.
    """

    pages: Counter[str] = dataclasses.field(default_factory=Counter)
    rendered: Counter[str] = dataclasses.field(default_factory=Counter)
    requests: int = 0
    retries: int = 0
    bytes: int = 0
    from_archive: int = 0
    letters: Counter[tuple[str, str]] = dataclasses.field(default_factory=Counter)
    dropped: Counter[str] = dataclasses.field(default_factory=Counter)
    hosts_open: int = 0
    hosts_waiting: int = 0
    waiting_pages: int = 0
