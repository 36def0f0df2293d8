"""Live counters: each process rewrites a small file once a second, the console adds them up."""

import json
import os
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from scrapers.fetching.progress import Progress as Fetched

__all__ = ["Counts", "Progress", "read_progress"]

INTERVAL_SECS = 0.5


Counts = Counter[tuple[str, str]]
"""(source, what) -> how many; `dead:REASON` counts letters."""


class Progress:
    """The counters of this process. Counting is cheap; a thread of its own writes them.

    Args:
      folder: where to; empty for nowhere.
    """

    def __init__(self, folder: str) -> None:
        self._counts: Counts = Counter()
        self._ask: Callable[[], Fetched] | None = None
        self._folder = folder
        self._writing = threading.Lock()
        if folder:
            threading.Thread(target=self._write_for_ever, daemon=True, name="progress").start()

    def count(self, source: str, what: str, number: int = 1) -> None:
        """Adds to a counter."""
        self._counts[source, what] += number

    def follow(self, ask: Callable[[], Fetched]) -> None:
        """Takes pages and letters of requests from the fetcher, which counts them anyway."""
        self._ask = ask

    def counts(self) -> Counts:
        """All counters as they are now."""
        counts = self._counts.copy()
        if self._ask is not None:
            fetched = self._ask()
            counts.update({(source, "pages"): number for source, number in fetched.pages.items()})
            counts.update({(source, "rendered"): number for source, number in fetched.rendered.items()})
            counts.update({(source, f"dead:{reason}"): number for (source, reason), number in fetched.letters.items()})
        return counts

    def _write_for_ever(self) -> None:
        wait = threading.Event()
        while True:
            self.write()
            wait.wait(INTERVAL_SECS)

    def write(self) -> None:
        """Writes the file now; a full disk or a removed folder is not this thread's business."""
        path = Path(self._folder) / f"{os.getpid()}.json"
        try:
            with self._writing:  # counted inside, so that a slow writer does not put older numbers over newer ones
                path.with_suffix(".tmp").write_text(json.dumps([[*key, count] for key, count in self.counts().items()]))
                path.with_suffix(".tmp").replace(path)
        except OSError:
            return


def read_progress(folder: Path) -> Counts:
    """The sum over all processes of the run."""
    total: Counts = Counter()
    for path in folder.glob("*.json"):
        try:
            counts = json.loads(path.read_text())
        except (OSError, ValueError):
            continue
        for source, what, count in counts:
            total[source, what] += count
    return total
