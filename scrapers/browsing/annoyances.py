"""Keeps pages from opening windows, starting downloads and flooding the console; dialogs answer themselves (Playwright
dismisses each)."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

from playwright.async_api import Download, Page
from playwright.async_api import Error as PlaywrightError

__all__ = ["Annoyances"]

_MUTE = """{
  const open = window.open;
  const own = new Set(['_self', '_top', '_parent']);
  window.open = function(url, name) {return own.has(String(name).toLowerCase()) ? open.apply(this, arguments) : null;};
  for (const name of Object.keys(console)) if (typeof console[name] === 'function') console[name] = () => {};
}"""
"""A window that a script opens costs a process before it can be closed (one that a link opens is closed when it is
there), and each line on the console three processes' time, for nobody reads it: 20,000 lines took 7 s."""


class Annoyances:
    """Guards one page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._tasks: set[asyncio.Task[None]] = set()

    async def keep_out(self) -> None:
        self._page.on("popup", lambda page: self._do(page.close()))
        self._page.on("download", self._cancel)
        await self._page.add_init_script(_MUTE)

    def _cancel(self, download: Download) -> None:
        self._do(download.cancel())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    with contextlib.suppress(PlaywrightError):  # it has gone by itself
        await work
