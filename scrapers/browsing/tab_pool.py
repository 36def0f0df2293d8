"""The tabs of a process: how many at once, in which Chromium, and when that is replaced by a new one."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

from scrapers.browsing import process_tree
from scrapers.browsing.chromium import Chromium
from scrapers.browsing.failures import BrowserGone, NavigationFailed, NotReady, StepFailed
from scrapers.browsing.open_browser import OpenBrowser, Place, StorageState
from scrapers.browsing.settings import BrowserSettings
from scrapers.browsing.tab import Tab

__all__ = ["Place", "TabPool"]

_LOG = logging.getLogger(__name__)
_WATCH_SECS = 5.0
_IDLE_SECS = 120.0
_SLOW_SECS = 1.5
"""A page that takes longer mostly waits: another one may be rendered beside it."""
_MOST_WAIT_SECS = 60.0

Launch = Callable[[], Awaitable[Chromium]]


class TabPool:
    """Lends tabs. One a process, on one event loop; Chromium is started when the first tab is wanted.

    Args:
      settings: how many tabs, and when tabs and Chromium are replaced.
      start: starts Chromium.
    """

    def __init__(self, settings: BrowserSettings, start: Launch) -> None:
        self._settings = settings
        self._start = start
        self._places = asyncio.Semaphore(settings.tabs)
        self._extra = settings.tabs
        self._current: OpenBrowser | None = None
        self._open: set[OpenBrowser] = set()
        self._starting = asyncio.Lock()
        self._failures = 0
        self._not_before = 0.0
        self._failure: Exception | None = None
        self._watch: asyncio.Task[None] | None = None
        self._chores: set[asyncio.Task[Any]] = set()

    @contextlib.asynccontextmanager
    async def tab(self, place: Place, state: StorageState | None = None, *, alone: bool = False) -> AsyncIterator[Tab]:
        """A tab for one page, when there is one free.

        Args:
          state: cookies and storage that a context of this place starts with.
          alone: the page killed a tab before: it gets a renderer of its own.

        Raises:
          BrowserGone: Chromium cannot be started, or died meanwhile.
          BrowserMissing: there is none on this machine.
        """
        async with self._slot():
            browser = await self._browser()
            tab = await browser.take(place, state, alone=alone)
            usable = False
            try:
                yield tab
                usable = True
            except (NotReady, StepFailed, NavigationFailed):
                usable = True
                raise
            finally:
                self._chore(self._give_back(browser, tab, place, usable=usable))

    async def close(self) -> None:
        """Ends every Chromium, with whatever it has open."""
        if self._watch is not None:
            self._watch.cancel()
        await asyncio.gather(*(browser.close() for browser in self._open), return_exceptions=True)
        await asyncio.gather(*self._chores, return_exceptions=True)
        self._open.clear()

    @contextlib.asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        """One of the places; a page that takes long lets another one in beside it, up to twice as many."""
        await self._places.acquire()
        lent_early = False

        def lend_early() -> None:
            nonlocal lent_early
            if self._extra > 0:
                self._extra -= 1
                lent_early = True
                self._places.release()

        timer = asyncio.get_running_loop().call_later(_SLOW_SECS, lend_early)
        try:
            yield
        finally:
            timer.cancel()
            if lent_early:
                self._extra += 1
            else:
                self._places.release()

    async def _browser(self) -> OpenBrowser:
        if self._current is not None and self._current.alive:
            return self._current
        async with self._starting:
            if self._current is None or not self._current.alive:
                self._current = await self._launch()
            return self._current

    async def _launch(self) -> OpenBrowser:
        loop = asyncio.get_running_loop()
        if loop.time() < self._not_before and self._failure is not None:
            raise BrowserGone(f"Chromium could not be started: {self._failure}")
        try:
            chromium = await self._start()
        except BrowserGone as error:
            self._failures += 1
            self._failure = error
            self._not_before = loop.time() + min(_MOST_WAIT_SECS, 2.0**self._failures)
            raise
        self._failures = 0
        browser = OpenBrowser(chromium, self._settings, loop.time())
        self._open.add(browser)
        if self._watch is None:
            self._watch = loop.create_task(self._watch_browsers())
        return browser

    async def _give_back(self, browser: OpenBrowser, tab: Tab, place: Place, *, usable: bool) -> None:
        clean = await browser.give_back(tab, place, usable=usable)
        if not clean and not browser.chromium.dead.is_set() and not await browser.chromium.answers():
            _LOG.warning("Chromium no longer answers; it is killed and started again")
            browser.chromium.kill()
        await self._sweep(browser)

    async def _watch_browsers(self) -> None:
        """Looks after every Chromium from time to time; ends with the pool."""
        while True:
            await asyncio.sleep(_WATCH_SECS)
            for browser in list(self._open):
                await browser.idle.calm()
                await browser.close_unwanted()
                await self._judge(browser, asyncio.get_running_loop().time())
                await self._sweep(browser)

    async def _judge(self, browser: OpenBrowser, now: float) -> None:
        settings = self._settings
        if browser.retired or browser.chromium.dead.is_set():
            return
        too_large, memory_bytes = await asyncio.to_thread(_sizes, browser.chromium.pids(), settings)
        if too_large:
            _LOG.warning("a page took more than %s MB: its renderer is killed", settings.renderer_memory_mb)
            process_tree.end(too_large)
        is_idle = not browser.busy and now - browser.idle_since > _IDLE_SECS
        is_old = browser.pages >= settings.pages_per_browser or now - browser.started > settings.age_secs
        is_large = memory_bytes > settings.memory_mb * 1_000_000
        if is_idle or is_old or (is_large and not await browser.shrink()):
            browser.retired = True

    async def _sweep(self, browser: OpenBrowser) -> None:
        """Ends a Chromium that is dead, or retired and without a page."""
        is_dead = browser.chromium.dead.is_set()
        if browser in self._open and (is_dead or (browser.retired and not browser.busy)):
            self._open.discard(browser)
            if self._current is browser:
                self._current = None
            await browser.close()

    def _chore(self, work: Coroutine[Any, Any, None]) -> None:
        """Work that nobody waits for, not even somebody who is cancelled."""
        task = asyncio.get_running_loop().create_task(work)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)


def _sizes(pids: list[int], settings: BrowserSettings) -> tuple[list[int], int]:
    """Renderers that are too large, and the memory of all."""
    return process_tree.too_large(pids, settings.renderer_memory_mb * 1_000_000), process_tree.tree_bytes(pids)
