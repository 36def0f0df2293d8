"""Tabs that nobody has: each waits for another page of its place, the quieter the longer it waits."""

import asyncio
import dataclasses
import random
from typing import Any

from scrapers.browsing.tab import Tab

__all__ = ["IdleTabs", "Place"]

_STOP_SECS = 1.0
_LEAVE_SECS = 20.0
_WANTED_SECS = 60.0
"""A tab that nobody wanted for so long is one that costs memory."""


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Which kind of tab a page needs; pages with the same one may have the same tab one after the other.

    Attributes:
      source, session: cookies, cache and storage are shared within these two, and with nobody else.
      user_agent: ours; Chromium's own stands before it, unless it is one that begins so itself.
      proxy: the guard that all of it goes through, `http://127.0.0.1:PORT`.
      viewport: CSS pixels.
      layout, block, block_urls: as `FetchRules` has them.
      watched: see `Tab.open`.
    """

    source: str
    session: str
    proxy: str
    user_agent: str
    viewport: tuple[int, int]
    layout: bool
    block: tuple[str, ...] = ()
    block_urls: tuple[str, ...] = ()
    watched: bool = True

    @property
    def context(self) -> tuple[Any, ...]:
        """What two tabs must have in common to be in one context."""
        return self.source, self.session, self.proxy, self.user_agent, self.viewport


@dataclasses.dataclass(slots=True, eq=False)
class _Idle:
    """
    Attributes:
      since: loop seconds.
      timer: stops the page's scripts.
      left: whether the tab has left its page.
    """

    place: Place
    since: float
    timer: asyncio.TimerHandle
    left: bool = False


class IdleTabs:
    """Of one Chromium, on its loop."""

    def __init__(self) -> None:
        self._tabs: dict[Tab, _Idle] = {}  # the longest unused first

    def __len__(self) -> int:
        return len(self._tabs)

    def put(self, tab: Tab, place: Place) -> None:
        """Nobody has it any more."""
        loop = asyncio.get_running_loop()
        self._tabs[tab] = _Idle(place, loop.time(), loop.call_later(_STOP_SECS, tab.pause.stop))

    def take(self, place: Place) -> Tab | None:
        """The one of a place that was used last; None when there is none."""
        fit = (tab for tab, idle in reversed(self._tabs.items()) if idle.place == place and not tab.crashed)
        found = next(fit, None)
        return self._out(found) if found is not None else None

    def any(self) -> Tab:
        """One of them, to be closed. Not the longest unused: where sources come in turn, that is the next wanted."""
        return self._out(random.choice(list(self._tabs)))  # noqa: S311

    def unwanted(self, keep: int) -> list[Tab]:
        """Those that nobody wanted for long, to be closed; so many are kept all the same, but none that crashed."""
        now = asyncio.get_running_loop().time()
        crashed = [tab for tab in self._tabs if tab.crashed]
        old = [tab for tab, idle in self._tabs.items() if now - idle.since > _WANTED_SECS and not tab.crashed]
        return [self._out(tab) for tab in (*crashed, *old[: max(0, len(self._tabs) - len(crashed) - keep)])]

    async def calm(self) -> None:
        """Has tabs that nobody wanted for a while leave their pages: a stopped one may still have workers."""
        now = asyncio.get_running_loop().time()
        for tab, idle in list(self._tabs.items()):
            if not idle.left and now - idle.since > _LEAVE_SECS and tab in self._tabs:
                del self._tabs[tab]  # nobody takes it meanwhile
                idle.left = True
                await tab.pause.leave()
                self._tabs[tab] = idle

    def _out(self, tab: Tab) -> Tab:
        self._tabs.pop(tab).timer.cancel()
        return tab
