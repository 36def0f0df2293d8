"""Parsing in a thread of its own: pure Python holds the interpreter's lock either way, but not the loop's timers."""

import asyncio
import collections
import queue
import threading
from collections.abc import Callable

from schemas.page import Page
from schemas.reading import Reading

__all__ = ["Reader"]

Read = Callable[[Page], Reading]
Done = Callable[[Reading | Exception], None]


class Reader:
    """Reads pages in the order in which they come, one at a time, and hands each reading back to the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._todo: queue.SimpleQueue[tuple[Page, Read, Done] | None] = queue.SimpleQueue()
        self._ready: collections.deque[tuple[Done, Reading | Exception]] = collections.deque()
        self._told = False
        self._thread = threading.Thread(target=self._work, daemon=True, name="reader")
        self._thread.start()

    def submit(self, page: Page, read: Read, done: Done) -> None:
        """Has `done` called on the loop with what `read` gave or raised."""
        self._todo.put((page, read, done))

    def close(self) -> None:
        """Ends the thread once it has read what it was given."""
        self._todo.put(None)

    def _work(self) -> None:
        while (task := self._todo.get()) is not None:
            page, read, done = task
            try:
                result: Reading | Exception = read(page)
            except (Exception, SystemExit) as error:  # noqa: BLE001  the one boundary: a page may break any parser
                result = error if isinstance(error, Exception) else RuntimeError(f"the parser called exit({error})")
            self._ready.append((done, result))
            if not self._told and not self._loop.is_closed():
                self._told = True
                self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._told = False  # before the deque is emptied: what is added from now on tells again
        while self._ready:
            done, result = self._ready.popleft()
            done(result)
