"""Tabs that wait are found by their place, and are the less the longer nobody wants them."""

import asyncio
import dataclasses
from typing import Any, cast

import pytest

from scrapers.browsing import idle_tabs
from scrapers.browsing.idle_tabs import IdleTabs, Place
from scrapers.browsing.tab import Tab

SHOP = Place("shop", "", "http://127.0.0.1:9", "Shopbot/1", (800, 600), layout=True)
OTHER = dataclasses.replace(SHOP, source="other")


class FakePause:
    """Notes what is asked of it."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.was_asked = asyncio.Event()

    def stop(self) -> None:
        self.done.append("stopped")
        self.was_asked.set()

    async def leave(self) -> None:
        self.done.append("left")


class FakeTab:
    """Has a page that can be stopped."""

    def __init__(self) -> None:
        self.pause = FakePause()
        self.crashed = False


def tabs(count: int) -> list[Any]:
    return [cast(Tab, FakeTab()) for _ in range(count)]


def after(monkeypatch: pytest.MonkeyPatch, **secs: float) -> None:
    for name in ("stop", "leave", "wanted"):
        monkeypatch.setattr(idle_tabs, f"_{name.upper()}_SECS", secs.get(name, 1e6))


def test_of_a_place_the_tab_that_was_used_last_is_taken() -> None:
    async def test() -> None:
        idle, [first, second, other] = IdleTabs(), tabs(3)
        for tab, place in ((first, SHOP), (second, SHOP), (other, OTHER)):
            idle.put(tab, place)
        assert [idle.take(SHOP), idle.take(SHOP), idle.take(SHOP)] == [second, first, None]
        assert len(idle) == 1

    asyncio.run(test())


def test_a_tab_that_crashed_while_it_waited_is_not_lent_and_is_closed() -> None:
    async def test() -> None:
        idle, [tab] = IdleTabs(), tabs(1)
        idle.put(tab, SHOP)
        tab.crashed = True
        assert idle.take(SHOP) is None
        assert idle.unwanted(keep=4) == [tab]
        assert not idle.unwanted(keep=4)

    asyncio.run(test())


def test_scripts_are_stopped_in_tabs_that_are_not_wanted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    after(monkeypatch, stop=0.05)

    async def test() -> None:
        idle, [waits, taken] = IdleTabs(), tabs(2)
        idle.put(waits, OTHER)
        idle.put(taken, SHOP)
        idle.take(SHOP)
        await waits.pause.was_asked.wait()
        await asyncio.sleep(0.1)
        assert (waits.pause.done, taken.pause.done) == (["stopped"], [])

    asyncio.run(asyncio.wait_for(test(), 60))


def test_a_tab_leaves_its_page_once_and_is_closed_when_it_is_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    after(monkeypatch, leave=-1, wanted=-1)

    async def test() -> None:
        idle, [first, second] = IdleTabs(), tabs(2)
        for tab in (first, second):
            idle.put(tab, SHOP)
        await idle.calm()
        await idle.calm()
        assert first.pause.done == second.pause.done == ["left"]
        assert idle.unwanted(keep=1) == [first]
        assert idle.take(SHOP) is second

    asyncio.run(test())
