"""One Chromium with its driver: started, asked whether it answers, ended."""

import asyncio
import atexit
import contextlib
import dataclasses
import os
from collections.abc import AsyncIterator, Callable

from playwright.async_api import Browser, CDPSession
from playwright.async_api import TimeoutError as PlaywrightTimeout

from scrapers.browsing import process_tree
from scrapers.browsing.death_watch import watch_end
from scrapers.browsing.driver import GONE, Driver, start_driver
from scrapers.browsing.executable import FoundBrowser, find_browser
from scrapers.browsing.failures import BrowserGone
from scrapers.browsing.launch_flags import browser_environment, launch_flags
from scrapers.browsing.process_tree import ProcessTree
from scrapers.browsing.sandbox import SANDBOX
from scrapers.browsing.settings import BrowserSettings
from scrapers.browsing.strays import Note, reap_once

__all__ = ["Chromium", "launch"]

_CLOSE_SECS = 5.0


@dataclasses.dataclass(eq=False)
class Chromium:
    """A running Chromium, with a driver (node) of its own: ending one ends nothing else.

    Attributes:
      sandboxed: whether pages run in Chromium's sandbox.
      dead: set when the browser or the driver has ended, for whatever reason.
    """

    browser: Browser
    sandboxed: bool
    _driver: Driver
    _tree: ProcessTree
    _note: Note
    _session: CDPSession
    dead: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        ends = [watch_end(process, self.kill) for process in (self._tree.node, self._tree.browser)]
        self._stop_watching: list[Callable[[], None]] = ends
        self._ended = False
        self._owner = os.getpid()
        atexit.register(self._end_processes)  # a process may end without closing it

    @property
    def version(self) -> str:
        """`156.0.7390.54`."""
        return self.browser.version

    def is_gone(self) -> bool:
        """Whether it has ended: asks the system, where `dead` may be some milliseconds late."""
        if not self.dead.is_set() and not all(map(process_tree.is_alive, (self._tree.node, self._tree.browser))):
            self.kill()
        return self.dead.is_set()

    def pids(self) -> list[int]:
        """Its living processes, the driver's first."""
        return [] if self._ended else self._tree.pids()

    def memory_bytes(self) -> int:
        """What its processes and the driver's have together."""
        return process_tree.tree_bytes(self.pids())

    async def answers(self, secs: float = 5.0) -> bool:
        """Whether driver and browser answer within a time; frozen ones do not."""
        if self.is_gone():
            return False
        try:
            async with asyncio.timeout(secs):
                await self._session.send("Browser.getVersion")
        except (*GONE, TimeoutError):
            return False
        return True

    async def close(self) -> None:
        """Ends it in order, and by force what has not ended within seconds; again is no error."""
        self._watch_no_more()
        with contextlib.suppress(*GONE, TimeoutError):
            async with asyncio.timeout(_CLOSE_SECS):
                if not self._ended:
                    await self.browser.close()
        await self._driver.stop()
        self.kill()

    def kill(self) -> None:
        """Ends all of its processes at once, frozen ones too; again is no error. On the loop that it was started on."""
        self._watch_no_more()
        if not self._ended:
            self._end_processes()
            self._driver.kill()
        self.dead.set()

    def _end_processes(self) -> None:
        atexit.unregister(self._end_processes)
        if not self._ended and os.getpid() == self._owner:  # not in a fork of its owner
            self._ended = True
            process_tree.end(self._tree.pids())
            self._note.remove()

    def _watch_no_more(self) -> None:
        while self._stop_watching:
            self._stop_watching.pop()()


async def launch(settings: BrowserSettings, proxy: str) -> Chromium:
    """Starts a Chromium, sandboxed where that is possible.

    Args:
      proxy: `http://127.0.0.1:PORT`, for everything that it asks for; empty, for tests: it reaches 127.0.0.1 only.

    Raises:
      BrowserMissing: there is no browser on this machine.
      BrowserGone: it did not start within `launch_secs`.
    """
    found = await asyncio.to_thread(find_browser, settings.executable)
    try:
        await asyncio.to_thread(reap_once)
    except OSError as error:
        raise BrowserGone(f"Chromium has no place for its temporary files: {error}") from error
    if settings.sandbox is not None:
        return await _start(found, settings, proxy, sandboxed=settings.sandbox)
    if SANDBOX.should_try():
        try:
            return await _start(found, settings, proxy, sandboxed=True)
        except _StartRefused as error:
            refusal = str(error)
        chromium = await _start(found, settings, proxy, sandboxed=False)
        SANDBOX.refused(refusal)  # that it starts without it shows that it was the sandbox
        return chromium
    return await _start(found, settings, proxy, sandboxed=False)


class _StartRefused(BrowserGone):
    """Chromium ended at its start, as it does where it can make no sandbox."""


async def _start(found: FoundBrowser, settings: BrowserSettings, proxy: str, *, sandboxed: bool) -> Chromium:
    note = await asyncio.to_thread(Note)
    async with contextlib.AsyncExitStack() as undo:
        undo.callback(note.remove)
        async with _within(settings.launch_secs, found):
            driver = await start_driver()
            undo.push_async_callback(driver.end)
            undo.callback(_find_processes, driver, note)  # a profile that was made by then is removed, too
            note.write(node=driver.process)
            browser = await driver.playwright.chromium.launch(
                executable_path=found.path,
                args=launch_flags(settings, str(note.folder)),
                env=browser_environment(str(note.folder)),
                artifacts_dir=str(note.folder),
                chromium_sandbox=sandboxed,
                proxy={"server": proxy} if proxy else None,
                handle_sigint=False,  # Ctrl-C reaches the driver, too, and open pages are finished first
                timeout=settings.launch_secs * 1000,
            )
            session = await browser.new_browser_cdp_session()
        tree = _find_processes(driver, note)
        if tree is None:
            raise BrowserGone("Chromium ended right after its start")
        chromium = Chromium(browser, sandboxed, driver, tree, note, session)
        undo.pop_all()
        return chromium


def _find_processes(driver: Driver, note: Note) -> ProcessTree | None:
    """Chromium's processes under the driver, noted, with the folder that is to be removed with them."""
    tree = process_tree.find_tree(driver.process, str(note.folder))
    if tree is not None:
        note.write(node=driver.process, browser=tree.root, profile=tree.profile())
    return tree


@contextlib.asynccontextmanager
async def _within(secs: float, found: FoundBrowser) -> AsyncIterator[None]:
    """Turns the ways in which a start fails into ours."""
    try:
        async with asyncio.timeout(secs):
            yield
    except (PlaywrightTimeout, TimeoutError) as error:
        raise BrowserGone(f"{found.path} did not start within {secs:g} seconds") from error
    except (*GONE, OSError) as error:
        raise _StartRefused(f"{found.path} did not start: {error}") from error
