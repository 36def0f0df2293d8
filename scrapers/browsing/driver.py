"""Playwright's driver, a node process: started, and ended for certain."""

import asyncio
import contextlib
import dataclasses
import threading

import psutil
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Playwright, async_playwright

from scrapers.browsing import process_tree

__all__ = ["GONE", "Driver", "start_driver"]

# What calls raise when the driver has ended: until Playwright has noticed it is uvloop's RuntimeError about the pipe.
GONE = (PlaywrightError, RuntimeError)
_STOP_SECS = 5.0
_starting = threading.Lock()


@dataclasses.dataclass(eq=False)
class Driver:
    """One driver, of one Chromium (it starts in half a second; a frozen or killed one then concerns no other)."""

    playwright: Playwright
    process: psutil.Process
    _stopping: "asyncio.Task[None] | None" = None

    async def stop(self) -> None:
        """Ends it in order; what does not end is left to `kill`."""
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop())
        await asyncio.shield(self._stopping)

    def kill(self) -> None:
        """Ends it and its children at once. On the loop that it was started on."""
        process_tree.end(process_tree.with_descendants(self.process))
        if self._stopping is None:  # else Playwright takes its end for an error that nobody asked about
            self._stopping = asyncio.ensure_future(self._stop())

    async def end(self) -> None:
        """Ends it and its children at once, and waits until Playwright has noticed."""
        self.kill()
        await self.stop()

    async def _stop(self) -> None:
        with contextlib.suppress(*GONE, TimeoutError):
            async with asyncio.timeout(_STOP_SECS):
                await self.playwright.stop()


async def start_driver() -> Driver:
    """Starts one; one after the other in this process, so that the new child is known to be it."""
    while not _starting.acquire(blocking=False):  # noqa: ASYNC110  it may be another loop that starts one
        await asyncio.sleep(0.01)
    try:
        before = _drivers()
        try:
            playwright = await async_playwright().start()
        except BaseException as error:
            process_tree.end(process.pid for process in _drivers() - before)
            # A node that ends at once is a bare Exception of Playwright's, or an error of the loop's about its pipe.
            if type(error) in {Exception, RuntimeError}:
                raise PlaywrightError(
                    f"Playwright's driver does not run; on Debian it needs libatomic1 ({error})"
                ) from error
            raise
        return Driver(playwright, next(iter(_drivers() - before)))
    finally:
        _starting.release()


def _drivers() -> set[psutil.Process]:
    found = set()
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if "run-driver" in child.cmdline():
                found.add(child)
    return found
