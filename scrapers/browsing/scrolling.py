"""Steps that bring more of a list: scrolling to its end, and clicking for more."""

import asyncio
from typing import Any

from playwright.async_api import Error, JSHandle

from scrapers.browsing.page_traffic import PageTraffic
from scrapers.browsing.scroll_script import SCROLLER
from scrapers.browsing.step_actions import click_on
from scrapers.browsing.step_errors import explain, is_end_of_page
from scrapers.browsing.step_place import CannotDo, Place
from scrapers.source_files.model_browser import LoadMore, Scroll

__all__ = ["load_more", "scroll"]

_BEGIN = "(scroller, first) => scroller.begin(first)"
_WALK = "(scroller, [views, ms]) => scroller.walk(views, ms)"
_REST = "(scroller, [ms, nudge]) => scroller.rest(ms, nudge)"
_FAR = 10_000  # views: to the end
_BUTTON_SECS = 0.5  # for a button that comes back after what it brought
_LOOK_AGAIN_SECS = 0.2


async def scroll(place: Place, rule: Scroll) -> list[str]:
    """Scrolls until a round brings nothing new. A round goes as far as the end was when it began.

    Raises:
      CannotDo: the page still grew when the time was over, or there is nothing to scroll or to count with.
    """
    each = rule.collect == "each_round"
    items = await _items(place, rule.items)
    if each and not items:
        raise CannotDo("`collect: each_round` needs `items`: a CSS selector of what is collected")
    if rule.within is not None:
        await _until_there(place, rule.within)
    scroller = await _scroller(place, items, rule.within, each=each, key=rule.key)
    with PageTraffic(place.page) as traffic:
        growth = _Growth(place, scroller, traffic, rule.pause_secs)
        notes = await _rounds(growth, rule, each)
    if each:
        await _put_back(scroller)
    await scroller.dispose()
    return notes


async def load_more(place: Place, rule: LoadMore) -> list[str]:
    """Clicks until the button is gone or disabled, or a click brings nothing new.

    Raises:
      CannotDo: the button cannot be clicked, or there was still more when the time was over.
    """
    scroller = await _scroller(place, await _items(place, rule.items), None, each=False, key=None)
    with PageTraffic(place.page) as traffic:
        growth = _Growth(place, scroller, traffic, rule.pause_secs)
        for number in range(rule.max_rounds + 1):
            if not await _can_be_clicked(place, rule.css, traffic):
                growth.check_time()
                return []
            if rule.max_items is not None and growth.count >= rule.max_items:
                return [f"stopped at max_items {rule.max_items}"]
            if number == rule.max_rounds:
                break
            effects = await click_on(place, rule.css)
            if effects.navigated:
                raise CannotDo(f"`{rule.css}` leads to another page: `next` follows such links")
            if not await growth.comes(nudge=False):
                return []
    return [f"stopped at max_rounds {rule.max_rounds}"]


class _Growth:
    """Whether a list has grown; in the page, since a round trip for each look would cost more than the scrolling."""

    def __init__(self, place: Place, scroller: JSHandle, traffic: PageTraffic, pause_secs: float) -> None:
        self._place, self._scroller, self._traffic = place, scroller, traffic
        self._pause_secs = pause_secs
        self.count = 0

    async def begin(self, *, first: bool) -> bool:
        """Begins a round of scrolling, and says whether something new is there since the last look."""
        return bool((await self._ask(_BEGIN, first))["more"])

    async def walk(self, views: int) -> dict[str, Any]:
        """Scrolls on by so many views: was there `more`, was the last view `fresh`, is this the `end`?"""
        return await self._ask(_WALK, [views, self._place.left_ms])

    async def comes(self, *, nudge: bool) -> bool:
        """Whether something new comes: until nothing has for the pause, and nothing is on its way."""
        while True:
            secs = min(self._pause_secs, self._place.left_ms / 1000)
            if (await self._ask(_REST, [secs * 1000, nudge]))["more"]:
                return True
            self.check_time()
            if not self._traffic.under_way():
                return False
            nudge = False
            await asyncio.sleep(_LOOK_AGAIN_SECS)

    async def _ask(self, script: str, argument: Any) -> dict[str, Any]:
        state: dict[str, Any] = await self._scroller.evaluate(script, argument)
        if state.get("missing"):
            raise CannotDo("the element to scroll is gone")
        self.count = state["count"]
        return state

    def check_time(self) -> None:
        """Raises CannotDo when the time is over: half a list is not a list."""
        if self._place.is_over:
            found = f" with {self.count} items" if self.count else ""
            raise CannotDo(
                f"the time was over before the list's end was seen{found}: "
                "allow more time, or say where it is enough (max_items, max_rounds)"
            )


async def _rounds(growth: _Growth, rule: Scroll, each: bool) -> list[str]:
    for number in range(1, rule.max_rounds + 1):
        more = await growth.begin(first=number == 1)
        end = False
        while not end and not _enough(growth, rule):
            state = await growth.walk(1 if each else _FAR)
            growth.check_time()
            end = state["end"]
            more = more or state["more"]
            if each and not state["fresh"] and not end:  # a view of a list that fills itself late
                more = await growth.comes(nudge=False) or more
        if _enough(growth, rule):
            return [f"stopped at max_items {rule.max_items}"]
        if not more and not await growth.comes(nudge=True):
            return []
        growth.check_time()
    return [f"stopped at max_rounds {rule.max_rounds}"]


def _enough(growth: _Growth, rule: Scroll) -> bool:
    return rule.max_items is not None and growth.count >= rule.max_items


async def _items(place: Place, own: str | None) -> str:
    """CSS of what is counted; the page type's only if a browser understands it."""
    css = own or place.order.items_css
    if css and not await place.page.evaluate(
        "css => { try { return Boolean(document.querySelector(css)) || true } catch { return false } }", css
    ):
        if own:
            raise CannotDo(f"`{css}` is not a CSS selector")
        return ""
    return css


async def _scroller(place: Place, items: str, within: str | None, *, each: bool, key: str | None) -> JSHandle:
    options = {"items": items, "within": within, "each": each, "key": key}
    return await place.page.evaluate_handle(SCROLLER, options)


async def _until_there(place: Place, css: str) -> None:
    try:
        await place.page.locator(f"css={css}").first.wait_for(state="attached", timeout=place.left_ms)
    except Error as error:
        if is_end_of_page(error):
            raise
        raise await explain(error, place, css) from None


async def _put_back(scroller: JSHandle) -> None:
    if await scroller.evaluate("scroller => scroller.finish()") < 0:
        raise CannotDo("the list that was collected is no longer on the page")


async def _can_be_clicked(place: Place, css: str, traffic: PageTraffic) -> bool:
    """Whether the button is there and enabled; it may be away for as long as it loads."""
    button = place.element(css)
    loop = asyncio.get_running_loop()
    until = min(place.ends, loop.time() + _BUTTON_SECS)
    while True:
        try:
            if await button.count() and await button.is_enabled(timeout=1000):
                return True
        except Error as error:
            if "Timeout" not in error.message:
                raise
        if loop.time() >= until and (place.is_over or not traffic.under_way()):
            return False
        await asyncio.sleep(_LOOK_AGAIN_SECS)
