"""A tab whose renderer, browser or driver dies under it: it says so at once, and its page ends."""

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from scrapers.browsing.failures import BrowserGone, TabCrashed
from scrapers.browsing.order import RenderOrder
from scrapers.browsing.tab import Tab
from scrapers.source_files.model_browser import Ready

LONG_SECS = 600.0  # whoever waits for this instead of the end does not pass


def words(pid: int) -> list[str]:
    try:
        return psutil.Process(pid).cmdline()
    except psutil.Error:
        return []


def renderers(pids: list[int]) -> list[int]:
    return [pid for pid in pids if "--type=renderer" in words(pid)]


def browsers(pids: list[int]) -> list[int]:
    return [
        pid
        for pid in pids
        if words(pid) and not any(w.startswith("--type=") for w in words(pid)) and "node" not in words(pid)[0]
    ]


def drivers(pids: list[int]) -> list[int]:
    return [pid for pid in pids if words(pid) and words(pid)[0].endswith("node")]


async def killed_while_rendering(
    tab: Tab, order: RenderOrder, shown: Callable[[], bool], pids: Callable[[], list[int]]
) -> None:
    """Renders; when the page is there, its processes are killed."""
    work = asyncio.ensure_future(tab.render(order))
    while not shown():  # noqa: ASYNC110  another thread serves
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.2)
    for pid in pids():
        os.kill(pid, signal.SIGKILL)
    await work


@pytest.mark.parametrize(
    ("kind", "failure"), [(renderers, TabCrashed), (browsers, BrowserGone), (drivers, BrowserGone)]
)
@pytest.mark.parametrize("path", ["/page", "/hangs"])
def test_a_process_that_is_killed_ends_the_page_at_once(
    run: Any, server: Any, start: Callable[..., Any], kind: Callable[[list[int]], list[int]], failure: type, path: str
) -> None:
    async def hang(*_: Any) -> None:
        await asyncio.sleep(300)

    server.on("/page", server.page("<h1>page</h1>"))
    server.on("/hangs", hang)
    chromium = start()
    tab = run(Tab.open(run(chromium.browser.new_context()), layout=False))
    order = RenderOrder(f"http://127.0.0.1:{server.port}{path}", ready=Ready(css="h2"), timeout_secs=LONG_SECS)
    with pytest.raises(failure):
        run(killed_while_rendering(tab, order, lambda: path in server.paths(), lambda: kind(chromium.pids())))
    assert tab.crashed
    assert run(tab.photograph()) == (b"", b"")
    run(tab.close())
    with pytest.raises((TabCrashed, BrowserGone)):
        run(tab.render(order))


def test_a_page_that_is_given_up_leaves_the_tab_idle(run: Any, server: Any, open_tab: Callable[..., Tab]) -> None:
    server.on("/", server.page("<h1>page</h1>"))
    tab = open_tab()
    order = RenderOrder(f"http://127.0.0.1:{server.port}/", ready=Ready(css="h2"), timeout_secs=LONG_SECS)

    async def give_up() -> None:
        work = asyncio.ensure_future(tab.render(order))
        while not server.hits:  # noqa: ASYNC110  another thread serves
            await asyncio.sleep(0.05)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    run(give_up())
    assert run(tab.close())
