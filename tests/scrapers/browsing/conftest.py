"""A real Chromium, on a loop thread as the fetcher has one.

`run(coroutine)` awaits on that loop; everything of Playwright belongs to it. `chromium` is shared by a module's tests:
each makes contexts of its own and closes them. A test that ends its Chromium asks `start` for one.
"""

import asyncio
import contextlib
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest
import uvloop
from playwright.async_api import BrowserContext
from playwright.async_api import Error as PlaywrightError

from scrapers.browsing.chromium import Chromium, launch
from scrapers.browsing.executable import BrowserMissing, find_browser
from scrapers.browsing.settings import BrowserSettings
from scrapers.browsing.tab import Tab

T = TypeVar("T")
PATIENCE_SECS = 60.0


class Loop:
    """An asyncio loop in a thread; `loop(coroutine)` waits there for its result."""

    def __init__(self) -> None:
        self.aio = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.aio.run_forever, daemon=True)
        self._thread.start()

    def __call__(self, coroutine: Coroutine[Any, Any, T], secs: float = PATIENCE_SECS) -> T:
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(coroutine, secs), self.aio).result(secs + 10)

    def close(self) -> None:
        self.aio.call_soon_threadsafe(self.aio.stop)
        self._thread.join(PATIENCE_SECS)
        self.aio.close()


@pytest.fixture(scope="module")
def run() -> Iterator[Loop]:
    """Awaits a coroutine on the module's loop thread and gives its result: `run(tab.render(order))`."""
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture(scope="module")
def start(run: Loop) -> Iterator[Callable[..., Chromium]]:
    """Starts a Chromium of a test's own: `start(proxy=..., renderer_memory_mb=200)`; it is ended afterwards."""
    try:
        find_browser()
    except BrowserMissing as missing:
        pytest.skip(f"needs: Chromium ({missing})")
    started: list[Chromium] = []

    def start_one(proxy: str = "", **settings: Any) -> Chromium:
        started.append(run(launch(BrowserSettings(**settings), proxy)))
        return started[-1]

    yield start_one
    for chromium in started:
        run(chromium.close())


@pytest.fixture(scope="module")
def chromium(start: Callable[..., Chromium]) -> Chromium:
    """The module's Chromium, without a proxy of its own: it reaches `http://127.0.0.1:PORT` and no name.

    For names, and for the guard, give a context its proxy: `browser.new_context(proxy={"server": ...})`.
    """
    return start()


@pytest.fixture
def open_tab(run: Loop, chromium: Chromium) -> Iterator[Callable[..., Tab]]:
    """Opens a tab in a context of its own: `open_tab(layout=False, block=["images"])`; the context is closed
    afterwards."""
    contexts: list[BrowserContext] = []

    def open_one(layout: bool = False, **rules: Any) -> Tab:
        contexts.append(run(chromium.browser.new_context(accept_downloads=False)))
        return run(Tab.open(contexts[-1], layout=layout, **rules))

    yield open_one
    for context in contexts:
        with contextlib.suppress(PlaywrightError):
            run(context.close())


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Waits until something holds, a minute at most: `wait_until(lambda: ..., "what")`."""

    def wait(holds: Callable[[], object], what: str = "it holds") -> None:
        ends = time.monotonic() + PATIENCE_SECS
        while not holds():
            assert time.monotonic() < ends, f"a minute later it is still not so that {what}"
            time.sleep(0.05)

    return wait


def living(pids: list[int]) -> list[int]:
    """Those that still run; one that only waits to be reaped has ended."""
    found = []
    for pid in pids:
        try:
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                found.append(pid)
        except psutil.NoSuchProcess:
            continue
    return found


@pytest.fixture
def ended(wait_until: Callable[..., None]) -> Callable[[list[int]], None]:
    """Waits until none of the processes runs any more: `ended(pids)`."""
    return lambda pids: wait_until(lambda: not living(pids), f"none of {pids} runs")


@pytest.fixture
def own_temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary folder of this process and of those that it starts, for one test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path
