"""Being told at once when a process ends."""

import asyncio
import os
from collections.abc import Callable

import psutil

from scrapers.browsing.process_tree import is_alive

__all__ = ["watch_end"]

_POLL_SECS = 0.5


def watch_end(process: psutil.Process, on_end: Callable[[], None]) -> Callable[[], None]:
    """Calls `on_end` on the running loop when the process has ended, at most once.

    Returns:
      What ends the watching.
    """
    loop = asyncio.get_running_loop()
    if hasattr(os, "pidfd_open"):
        try:
            descriptor = os.pidfd_open(process.pid)
        except ProcessLookupError:
            return loop.call_soon(on_end).cancel
        except OSError:  # a kernel or a container without it
            return _poll(process, on_end)
        return _wait(descriptor, on_end)
    return _poll(process, on_end)


def _wait(descriptor: int, on_end: Callable[[], None]) -> Callable[[], None]:
    loop = asyncio.get_running_loop()
    watching = True

    def stop() -> None:
        nonlocal watching
        if watching:
            watching = False
            loop.remove_reader(descriptor)
            os.close(descriptor)

    def ended() -> None:
        stop()
        on_end()

    loop.add_reader(descriptor, ended)
    return stop


def _poll(process: psutil.Process, on_end: Callable[[], None]) -> Callable[[], None]:
    async def watch() -> None:
        while is_alive(process):  # noqa: ASYNC110  no event is set by the end of a process
            await asyncio.sleep(_POLL_SECS)
        on_end()

    task = asyncio.ensure_future(watch())
    return lambda: None if task.done() else (task.cancel(), None)[1]
