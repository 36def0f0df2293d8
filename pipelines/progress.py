"""Live counters: each process rewrites a small file once a second, the console adds them up."""

import json
import os
import threading
from collections import Counter
from pathlib import Path

__all__ = ["Progress", "read_progress"]

INTERVAL_SECS = 0.5


class Progress:
    """The counters of this process: (source, what) -> how many. Counting is cheap; a thread of its own writes them."""

    def __init__(self, folder: str) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._folder = folder
        if folder:
            threading.Thread(target=self._write_for_ever, daemon=True, name="progress").start()

    def count(self, source: str, what: str, number: int = 1) -> None:
        """Adds to a counter; `dead:REASON` counts letters."""
        self._counts[source, what] += number

    def _write_for_ever(self) -> None:
        wait = threading.Event()
        while True:
            self.write()
            wait.wait(INTERVAL_SECS)

    def write(self) -> None:
        """Writes the file now; a full disk or a removed folder is not this thread's business."""
        path = Path(self._folder) / f"{os.getpid()}.json"
        try:
            path.with_suffix(".tmp").write_text(
                json.dumps([[*key, count] for key, count in dict(self._counts).items()])
            )
            path.with_suffix(".tmp").replace(path)
        except OSError:
            return


def read_progress(folder: Path) -> Counter[tuple[str, str]]:
    """The sum over all processes of the run."""
    total: Counter[tuple[str, str]] = Counter()
    for path in folder.glob("*.json"):
        try:
            counts = json.loads(path.read_text())
        except (OSError, ValueError):
            continue
        for source, what, count in counts:
            total[source, what] += count
    return total
