"""Tabs are lent: used again, replaced when they are old, and never shared between sources."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from scrapers.browsing.chromium import Chromium, launch
from scrapers.browsing.executable import BrowserMissing
from scrapers.browsing.failures import BrowserGone, NotReady, RenderTimeout
from scrapers.browsing.settings import BrowserSettings
from scrapers.browsing.tab import Tab
from scrapers.browsing.tab_pool import Place, TabPool

PLACE = Place("shop", "", "http://127.0.0.1:9", "Shopbot/1 (+https://x.test)", (800, 600), layout=True)


@dataclasses.dataclass
class Pool:
    """A pool, and the Chromiums that it has started."""

    tabs: TabPool
    started: list[Chromium]


@pytest.fixture
def pool(run: Any, start: Any) -> Callable[[Callable[[Pool], Awaitable[None]], BrowserSettings], None]:
    """Runs a test with a pool on the loop, and closes it."""

    def play(test: Callable[[Pool], Awaitable[None]], settings: BrowserSettings = BrowserSettings()) -> None:  # noqa: B008
        run(_play(test, settings), 90)

    return play


async def _play(test: Callable[[Pool], Awaitable[None]], settings: BrowserSettings) -> None:
    started: list[Chromium] = []

    async def one_more() -> Chromium:
        started.append(await launch(settings, ""))
        return started[-1]

    pool = Pool(TabPool(settings, one_more), started)
    try:
        await test(pool)
    finally:
        await pool.tabs.close()
    assert all(chromium.dead.is_set() for chromium in started)


async def eventually(holds: Callable[[], object]) -> None:
    for _ in range(600):
        if holds():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("a minute later it is still not so")


@contextlib.asynccontextmanager
async def used(pool: Pool, place: Place = PLACE, **how: Any) -> AsyncIterator[Tab]:
    """A tab that counts one page, as a render would."""
    async with pool.tabs.tab(place, **how) as tab:
        tab.pages += 1
        yield tab
    await asyncio.gather(*pool.tabs._chores)


def test_a_tab_is_used_again_until_it_is_old(pool: Any) -> None:
    async def test(pool: Pool) -> None:
        tabs = []
        for _ in range(5):
            async with used(pool) as tab:
                tabs.append(tab)
        assert tabs[0] is tabs[1] is tabs[2]
        assert tabs[3] is tabs[4] is not tabs[0]
        assert len(pool.started) == 1

    pool(test, BrowserSettings(pages_per_tab=3, tabs=1))


def test_sources_and_sessions_never_share_a_context_and_layouts_never_a_tab(pool: Any) -> None:
    async def test(pool: Pool) -> None:
        places = [PLACE, *(dataclasses.replace(PLACE, **{name: value}) for name, value in OTHERS.items())]
        found = []
        for place in places:
            async with used(pool, place) as tab:
                found.append((tab, tab.page.context))
        assert len({id(tab) for tab, _ in found}) == len(places)
        (_, shop), (_, other), (_, session), (_, layout) = found
        assert len({id(shop), id(other), id(session)}) == 3
        assert layout is shop

    pool(test)


OTHERS = {"source": "other", "session": "2", "layout": False}


def test_a_page_that_is_to_be_alone_has_a_context_for_itself_and_leaves_none(pool: Any) -> None:
    async def test(pool: Pool) -> None:
        async with used(pool) as tab:
            shared = tab.page.context
        async with used(pool, alone=True) as tab:
            own = tab.page.context
        assert own is not shared
        assert pool.started[0].browser.contexts == [shared]

    pool(test)


@pytest.mark.parametrize(
    ("error", "kept"), [(NotReady("x"), True), (RenderTimeout("x"), False), (KeyError("x"), False)]
)
def test_a_tab_is_kept_after_a_failure_of_its_page_and_closed_after_one_of_its_own(
    pool: Any, error: Exception, kept: bool
) -> None:
    async def test(pool: Pool) -> None:
        with pytest.raises(type(error)):
            async with used(pool) as first:
                raise error
        await asyncio.gather(*pool.tabs._chores)
        async with used(pool) as second:
            assert (first is second) == kept
        assert first.page.is_closed() != kept

    pool(test)


def test_chromium_is_replaced_when_it_is_old_and_no_page_is_lost(pool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scrapers.browsing.tab_pool._WATCH_SECS", 0.1)

    async def test(pool: Pool) -> None:
        async with used(pool) as tab:
            for _ in range(2):
                async with used(pool):
                    pass
            await eventually(lambda: pool.tabs._current is None or pool.tabs._current.retired)
            async with used(pool) as newer:
                assert newer.page.context.browser is not tab.page.context.browser
            assert not pool.started[0].dead.is_set(), "a page is still open in it"
        await eventually(pool.started[0].dead.is_set)
        assert len(pool.started) == 2

    pool(test, BrowserSettings(pages_per_browser=3))


def test_chromium_is_replaced_when_it_is_large(pool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scrapers.browsing.tab_pool._WATCH_SECS", 0.1)

    async def test(pool: Pool) -> None:
        async with used(pool):
            pass
        await eventually(pool.started[0].dead.is_set)

    pool(test, BrowserSettings(memory_mb=10))


def test_a_tab_waits_for_its_source_while_others_have_their_pages(pool: Any) -> None:
    async def test(pool: Pool) -> None:
        places = [dataclasses.replace(PLACE, source=f"shop {number}") for number in range(5)]
        seen = []
        for place in places * 2:
            async with used(pool, place) as tab:
                seen.append(tab)
        assert seen[:5] == seen[5:]

    pool(test, BrowserSettings(tabs=1, kept_tabs=5))


def test_no_more_tabs_are_kept_than_asked_for(pool: Any) -> None:
    async def test(pool: Pool) -> None:
        for number in range(6):
            async with used(pool, dataclasses.replace(PLACE, source=f"shop {number}")):
                pass
        assert sum(len(context.pages) for context in pool.started[0].browser.contexts) == 3

    pool(test, BrowserSettings(tabs=1, kept_tabs=3))


def test_when_chromium_is_large_tabs_that_wait_are_closed_first(pool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scrapers.browsing.tab_pool._WATCH_SECS", 0.1)

    settings = BrowserSettings(tabs=1, kept_tabs=9)

    async def test(pool: Pool) -> None:
        for number in range(4):
            async with used(pool, dataclasses.replace(PLACE, source=f"shop {number}")):
                pass
        chromium, left = pool.started[0], {4}
        pool.tabs._settings = dataclasses.replace(settings, memory_mb=10)

        def has_ended() -> bool:
            left.add(sum(len(context.pages) for context in chromium.browser.contexts))
            return chromium.dead.is_set()

        await eventually(has_ended)
        assert left & {1, 2, 3}

    pool(test, settings)


def test_a_page_that_takes_long_lets_others_in_and_not_without_end(pool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scrapers.browsing.tab_pool._SLOW_SECS", 0.2)

    async def test(pool: Pool) -> None:
        end = asyncio.Event()
        inside: list[int] = []

        async def slow(number: int) -> None:
            async with used(pool):
                inside.append(number)
                await end.wait()

        tasks = [asyncio.create_task(slow(number)) for number in range(6)]
        await eventually(lambda: len(inside) == 4)
        await asyncio.sleep(0.5)
        assert len(inside) == 4, "twice as many as there are tabs"
        end.set()
        await asyncio.gather(*tasks)
        inside.clear()
        end.clear()
        await asyncio.gather(
            *(asyncio.create_task(asyncio.wait_for(slow(n), 0.1)) for n in range(6)), return_exceptions=True
        )
        assert len(inside) == 2, "afterwards there are as many places as before"

    pool(test, BrowserSettings(tabs=2))


def test_a_chromium_that_does_not_start_is_not_tried_at_every_page(run: Any) -> None:
    tries: list[float] = []

    async def fail() -> Chromium:
        tries.append(asyncio.get_running_loop().time())
        raise BrowserGone("it did not start")

    async def test() -> None:
        pool = TabPool(BrowserSettings(), fail)
        for _ in range(5):
            with pytest.raises(BrowserGone, match="did not start"):
                async with pool.tab(PLACE):
                    pass
        assert len(tries) == 1
        await pool.close()

    run(test())


def test_where_there_is_no_browser_every_page_is_told_what_to_install(run: Any) -> None:
    async def missing() -> Chromium:
        raise BrowserMissing("no browser was found; install one")

    async def test() -> None:
        pool = TabPool(BrowserSettings(), missing)
        for _ in range(2):
            with pytest.raises(BrowserMissing, match="install"):
                async with pool.tab(PLACE):
                    pass
        await pool.close()

    run(test())


def test_the_browser_says_who_we_are(pool: Any) -> None:
    async def test(pool: Pool) -> None:
        async with used(pool) as tab:
            told = await tab.page.evaluate("navigator.userAgent")
        assert told.startswith("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/")
        assert told.endswith(" Shopbot/1 (+https://x.test)")
        assert "Headless" not in told

    pool(test)
