"""SIGINT and SIGTERM noted instead of obeyed, for a process that watches another."""

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType

__all__ = ["noted_signals", "pause_unless"]


@contextlib.contextmanager
def noted_signals() -> Iterator[list[int]]:
    """The signals that have come so far; the main thread only."""
    got: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        got.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield got
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def pause_unless(signals: list[int], secs: float) -> None:
    """Sleeps until a signal has come, at the most so long."""
    end = time.monotonic() + secs
    while time.monotonic() < end and not signals:
        time.sleep(0.1)
