"""Rows on their way to BigQuery: kept until there are enough of a table or they have waited long enough."""

import dataclasses
import functools
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from schemas.row_batch import RowBatch

__all__ = ["Arrived", "WaitingRows"]

LOOK_SECS = 0.2
"""How often tables are asked whether something has waited too long."""
MAX_WAIT_SECS = 0.5
"""A row is sent at most this long after it came (and LOOK_SECS)."""
ROWS_AT_ONCE = 500
MOST_ROWS = 10_000
MOST_BYTES = 32_000_000
"""Of all tables together; as many may be on their way besides."""
AT_ONCE = 8
"""Requests of a process at the same time."""


@dataclasses.dataclass(frozen=True, slots=True)
class Arrived:
    """A page's rows, and where in the pipeline they belong."""

    batch: RowBatch
    timestamp: Any
    window: Any


@dataclasses.dataclass(slots=True)
class _Queue:
    """What waits for one table."""

    since: float
    arrived: list[Arrived] = dataclasses.field(default_factory=list)
    rows: int = 0
    bytes: int = 0


class WaitingRows:
    """The rows of one bundle. A thread sends those that nothing follows; tables are written side by side.

    Args:
      write: writes what came for one table and keeps what became of it; called from several threads.
      clock: seconds that only grow.
    """

    def __init__(self, write: Callable[[Sequence[Arrived]], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._queues: dict[Hashable, _Queue] = {}
        self._rows, self._bytes = 0, 0
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._ended = threading.Event()
        self._error: BaseException | None = None
        self._is_looked_after = False

    def add(self, table: Hashable, arrived: Arrived) -> None:
        """Takes a page's rows; sends what waits when it is too much.

        Raises:
          WarehouseUnavailable, WarehouseRefused: of these rows or of earlier ones.
        """
        with self._lock:
            if self._error is not None:
                raise self._error
            if not self._is_looked_after:
                self._is_looked_after = True
                threading.Thread(target=self._look_after, daemon=True, name="rows to BigQuery").start()
            queue = self._queues.get(table)
            if queue is None:
                queue = self._queues[table] = _Queue(self._clock())
            queue.arrived.append(arrived)
            self._count(queue, len(arrived.batch.rows), sum(map(_size, arrived.batch.rows)))
            is_full = self._rows >= MOST_ROWS or self._bytes >= MOST_BYTES
            due = self._take(list(self._queues) if is_full else [table] if queue.rows >= ROWS_AT_ONCE else [])
        self._send(due)

    def close(self) -> None:
        """Sends all that waits; what was taken is confirmed or refused when this returns.

        Raises:
          WarehouseUnavailable, WarehouseRefused: not all of it is.
        """
        self.abandon()
        with self._looking, self._lock:
            if self._error is not None:
                raise self._error
            due = self._take(list(self._queues))
        self._send(due)

    def abandon(self) -> None:
        """Ends the looking after; twice is fine."""
        self._ended.set()

    def _take(self, tables: list[Hashable]) -> list[_Queue]:
        due = [self._queues.pop(table) for table in tables]
        self._rows -= sum(queue.rows for queue in due)
        self._bytes -= sum(queue.bytes for queue in due)
        return due

    def _count(self, queue: _Queue, rows: int, size: int) -> None:
        queue.rows, queue.bytes = queue.rows + rows, queue.bytes + size
        self._rows, self._bytes = self._rows + rows, self._bytes + size

    def _send(self, due: list[_Queue]) -> None:
        if len(due) <= 1:
            for queue in due:
                self._write(queue.arrived)
            return
        sent: list[Future[None]] = [_threads().submit(self._write, queue.arrived) for queue in due]
        errors = [error for one in sent if (error := one.exception()) is not None]
        if errors:
            raise errors[0]

    def _look_after(self) -> None:
        while not self._ended.wait(LOOK_SECS):
            with self._looking:
                try:
                    self._send_old()
                except Exception as error:  # noqa: BLE001  raised again where Beam sees it
                    self._error = error
                    return

    def _send_old(self) -> None:
        with self._lock:
            before = self._clock() - MAX_WAIT_SECS
            due = self._take([table for table, queue in self._queues.items() if queue.since <= before])
        self._send(due)


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, "insert")


def _size(row: dict[str, Any]) -> int:
    """About how many bytes a row has: its texts, and those inside its lists and records."""
    return sum(
        len(value) if isinstance(value, str | bytes) else len(repr(value)) if isinstance(value, list | dict) else 8
        for value in row.values()
    )
