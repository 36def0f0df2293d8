"""What a host sees: when each request came, how long it was there, and how many were there at once."""

import dataclasses
import threading
import time
from collections import defaultdict
from collections.abc import Callable

from scrapers.hosts import host_key

__all__ = ["Seen", "Visits"]


@dataclasses.dataclass(slots=True)
class Seen:
    """What came to one registrable domain.

    Attributes:
      came: monotonic seconds of each arrival, in order.
      most: that were there at once.
    """

    came: list[float] = dataclasses.field(default_factory=list)
    most: int = 0
    here: int = 0

    def shortest_secs(self, requests: int = 2) -> float:
        """The shortest time in which so many requests came one after another; infinite when there were not so many."""
        apart = requests - 1
        return min((self.came[at + apart] - self.came[at] for at in range(len(self.came) - apart)), default=9e9)


class Visits:
    """Notes what each domain sees; `answer` is what a Site is opened with.

    Args:
      page: the body of `host/path`.
      secs: that each page takes.
    """

    def __init__(self, page: Callable[[str], str], secs: float) -> None:
        self.seen: dict[str, Seen] = defaultdict(Seen)
        self._page, self._secs = page, secs
        self._lock = threading.Lock()

    def answer(self, wanted: str) -> str:
        """Called when a request has come, in a thread of its own."""
        now = time.monotonic()
        domain = host_key(f"http://{wanted}")[0]
        with self._lock:
            seen = self.seen[domain]
            seen.came.append(now)
            seen.here += 1
            seen.most = max(seen.most, seen.here)
        time.sleep(self._secs)
        with self._lock:
            seen.here -= 1
        return self._page(wanted)
