"""What a page may go on doing while nobody wants its tab: little at once, nothing after a while."""

import asyncio
import contextlib

from playwright.async_api import CDPSession, Page

from scrapers.browsing.driver import GONE

__all__ = ["PagePause"]

_MOST_SECS = 5.0


class PagePause:
    """Of one tab.

    To stop a page's scripts costs a twentieth of rendering one, to leave it half as much as rendering one. Timers,
    events and animation frames stop; workers, and what awaits one answer after the other, go on until it is left.
    """

    def __init__(self, page: Page, cdp: CDPSession) -> None:
        self._page = page
        self._cdp = cdp
        self._stopping: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Stops the page's scripts; nobody waits for it."""
        if self._stopping is None:
            self._stopping = asyncio.get_running_loop().create_task(self._quietly_stop())

    async def leave(self) -> None:
        """Leaves the page, and with it whatever still runs."""
        try:
            async with asyncio.timeout(_MOST_SECS):
                await self._page.goto("about:blank", wait_until="commit", timeout=0)
        except (*GONE, TimeoutError):
            return  # the next page finds out

    async def end(self) -> None:
        """Before another page: scripts may run. Raises playwright.async_api.Error."""
        if self._stopping is not None:
            stopping, self._stopping = self._stopping, None
            await stopping
            await self._let_run(True)

    async def _quietly_stop(self) -> None:
        with contextlib.suppress(*GONE):
            await self._let_run(False)

    async def _let_run(self, may: bool) -> None:
        await self._cdp.send("Emulation.setScriptExecutionDisabled", {"value": not may})
