"""The contexts and tabs of one Chromium: contexts keep sources apart, tabs are used again for page after page."""

import asyncio
import math
import weakref
from typing import Any, cast

from playwright.async_api import BrowserContext

from scrapers.browsing.chromium import Chromium
from scrapers.browsing.driver import GONE
from scrapers.browsing.failures import BrowserGone
from scrapers.browsing.idle_tabs import IdleTabs, Place
from scrapers.browsing.settings import BrowserSettings
from scrapers.browsing.tab import Tab

__all__ = ["OpenBrowser", "Place"]

StorageState = dict[str, Any]
_OPEN_SECS = 20.0
_CLOSE_SECS = 5.0
_MOST_IDLE_CONTEXTS = 16


def user_agent(version: str, ours: str) -> str:
    """What a page is told of who we are: sites choose by the first part what they send, and people read the last.

    >>> user_agent("156.0.8078.79", "Shopbot/1 (+https://x.example)")[-50:]
    '0.0.0 Safari/537.36 Shopbot/1 (+https://x.example)'
    """
    if ours.startswith("Mozilla/"):
        return ours
    chrome = f"Chrome/{version.partition('.')[0]}.0.0.0"
    return f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) {chrome} Safari/537.36 {ours}"


class OpenBrowser:
    """One running Chromium.

    Attributes:
      busy: tabs that are lent.
      pages: lent so far.
      retired: no more tabs are lent; it is closed when the last one has come back.
      idle_since: loop seconds when the last tab came back.
      idle: tabs that nobody has.
    """

    def __init__(self, chromium: Chromium, settings: BrowserSettings, now: float) -> None:
        self.chromium = chromium
        self.busy = 0
        self.pages = 0
        self.retired = False
        self.started = self.idle_since = now
        self.idle = IdleTabs()
        self._settings = settings
        self._most_tabs = max(settings.tabs, settings.kept_tabs)
        self._contexts: dict[tuple[Any, ...], asyncio.Task[BrowserContext]] = {}
        self._opened = 0
        self._last_page: weakref.WeakKeyDictionary[Tab, int] = weakref.WeakKeyDictionary()
        self._of_tab: dict[Tab, tuple[Any, ...]] = {}

    @property
    def alive(self) -> bool:
        """Whether it may still lend tabs."""
        return not self.retired and not self.chromium.dead.is_set()

    async def take(self, place: Place, state: StorageState | None, *, alone: bool) -> Tab:
        """A tab of a place; `alone`: in a context of its own, so that no other page shares its renderer.

        Raises:
          BrowserGone: Chromium has died or does not answer.
        """
        self.busy += 1
        self.pages += 1
        try:
            tab = None if alone else self.idle.take(place)
            if tab is None:
                async with asyncio.timeout(_OPEN_SECS):
                    tab = await self._open(place, state, alone)
            return tab
        except (*GONE, TimeoutError) as error:
            self.busy -= 1
            raise BrowserGone(f"no tab could be opened: {error}") from error
        except BaseException:
            self.busy -= 1
            raise

    async def give_back(self, tab: Tab, place: Place, *, usable: bool) -> bool:
        """Keeps the tab for the next page, or closes it; False when Chromium may no longer answer."""
        key = self._of_tab[tab]
        alone = key != place.context
        kept = usable and not alone and not tab.crashed and tab.pages < self._last_page[tab] and self.alive
        self.busy -= 1
        self.idle_since = asyncio.get_running_loop().time()
        if kept:
            self.idle.put(tab, place)
            return True
        clean = await self._close(tab)
        if alone:
            await self._close_context(key)
        return clean

    async def close_unwanted(self) -> None:
        """Closes tabs that nobody wanted for long, but for as many as may be busy at once."""
        for tab in self.idle.unwanted(self._settings.tabs):
            await self._close(tab)

    async def shrink(self) -> bool:
        """Closes a quarter of the tabs that nobody has, and keeps fewer from now on; False when they are few."""
        if len(self.idle) <= self._settings.tabs:
            return False
        self._most_tabs = max(self._settings.tabs, (len(self.idle) + self.busy) * 3 // 4)
        await self._make_room()
        return True

    async def close(self) -> None:
        """Ends Chromium and everything in it."""
        self.retired = True
        await self.chromium.close()

    async def _open(self, place: Place, state: StorageState | None, alone: bool) -> Tab:
        await self._make_room()
        key = (*place.context, object()) if alone else place.context
        context = await self._context(key, place, state)
        tab = await Tab.open(
            context, layout=place.layout, block=place.block, block_urls=place.block_urls, watched=place.watched
        )
        self._of_tab[tab] = key
        self._opened += 1
        # the first ones end one after the other, so that not all are new, and none large, at the same time
        share = min(1.0, self._opened / self._settings.tabs)
        self._last_page[tab] = math.ceil(self._settings.pages_per_tab * share)
        return tab

    async def _make_room(self) -> None:
        """Closes tabs that other places left, and contexts that have none any more."""
        while self.idle and len(self.idle) + self.busy > self._most_tabs:
            await self._close(self.idle.any())
        used = set(self._of_tab.values())
        unused = [key for key in self._contexts if key not in used]
        for key in unused[: max(0, len(unused) - _MOST_IDLE_CONTEXTS)]:
            await self._close_context(key)

    async def _context(self, key: tuple[Any, ...], place: Place, state: StorageState | None) -> BrowserContext:
        task = self._contexts.pop(key, None)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = asyncio.ensure_future(self._new_context(place, state))
        self._contexts[key] = task  # the longest unused first
        return await asyncio.shield(task)

    async def _new_context(self, place: Place, state: StorageState | None) -> BrowserContext:
        width, height = place.viewport
        return await self.chromium.browser.new_context(
            user_agent=user_agent(self.chromium.version, place.user_agent),
            viewport={"width": width, "height": height},
            locale="en",
            proxy={"server": place.proxy},
            accept_downloads=False,
            permissions=[],
            storage_state=cast("Any", state),
        )

    async def _close(self, tab: Tab) -> bool:
        self._of_tab.pop(tab, None)
        return await tab.close()

    async def _close_context(self, key: tuple[Any, ...]) -> None:
        task = self._contexts.pop(key, None)
        if task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return
        try:
            async with asyncio.timeout(_CLOSE_SECS):
                await task.result().close()
        except (*GONE, TimeoutError):
            return  # it goes with its Chromium
