"""How much the desks of one process have in hand, together."""

import threading

from scrapers.fetching.settings import FetchSettings

__all__ = ["Load"]

_FEW_SPECS, _MANY_SPECS = 8, 5000


class Load:
    """Counted by the fetcher's loop and by the threads that take; hence the lock.

    Attributes:
      specs: taken and not over.
    """

    def __init__(self, settings: FetchSettings) -> None:
        self._most_pages = settings.max_waiting_pages
        self._most_bytes = settings.max_waiting_bytes
        self._lock = threading.Lock()
        self._pages = self._bytes = 0
        self.specs = 0

    def pages(self, change: int, body_bytes: int) -> None:
        """Pages came to wait for being parsed or taken (1), or do no longer (-1); bytes of all of them."""
        with self._lock:
            self._pages += change
            self._bytes += change * body_bytes

    def change_specs(self, change: int) -> None:
        """Specs were taken, or are over."""
        with self._lock:
            self.specs += change

    @property
    def is_full(self) -> bool:
        """Whether so many pages wait that no more should be fetched."""
        return self._pages >= self._most_pages or self._bytes >= self._most_bytes

    @property
    def is_little(self) -> bool:
        """Whether whoever waits for a page keeps nothing else from being done."""
        return self.specs <= _FEW_SPECS

    @property
    def is_much(self) -> bool:
        """Whether whoever brings more should wait a little."""
        return self.is_full or self.specs >= _MANY_SPECS
