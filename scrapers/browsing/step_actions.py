"""Single actions on a page: wait, click, fill, select, press. Trusted input, as a person's."""

import asyncio

from playwright.async_api import Error

from scrapers.browsing.click_effects import ClickEffects
from scrapers.browsing.step_errors import is_end_of_page, is_other_document
from scrapers.browsing.step_place import CannotDo, Place
from scrapers.source_files.model_browser import Click, Fill, Press, Select, Wait

__all__ = ["click", "click_on", "fill", "press", "select", "wait"]

# The line break ends a comment that the expression may end with.
_TRUTH = """async ms => {
  for (const until = performance.now() + ms; performance.now() < until;) {
    if (await (%s
    )) return true;
    await new Promise(done => setTimeout(done, 50));
  }
  return false;
}"""
_NEW_DOCUMENT_SECS = 0.1
_ELSEWHERE = """element => {
  const link = element.closest("a[href][target]");
  return link && !/^_?(self|top|parent)?$/i.test(link.target) ? link.href : null;
}"""
_OPTIONS = "list => [...(list.options || [])].slice(0, 20).map(option => option.label)"


async def wait(place: Place, rule: Wait) -> list[str]:
    """Waits for all that the rule says, in the order of its keys; `secs` last."""
    if rule.css is not None:
        await place.page.locator(f"css={rule.css}").first.wait_for(state="attached", timeout=place.left_ms)
    if rule.gone is not None:
        await _wait_until_gone(place, rule.gone)
    if rule.js is not None:
        await _wait_for_truth(place, rule.js)
    if rule.secs is not None:
        if rule.secs * 1000 > place.left_ms:
            raise CannotDo(f"{rule.secs} seconds are more than are left ({place.left_ms / 1000:.1f})")
        await asyncio.sleep(rule.secs)
    return []


async def click(place: Place, rule: Click) -> list[str]:
    """Clicks, and waits for the document that this leads to, if any."""
    opened = await place.element(rule.css).evaluate(_ELSEWHERE, timeout=place.left_ms)
    effects = await click_on(place, rule.css)
    opened = effects.popup if effects.popup is not None else opened
    return [f"opened another tab, which was left alone ({opened.partition('?')[0]})"] if opened is not None else []


async def click_on(place: Place, css: str) -> ClickEffects:
    """Clicks the first visible element that matches, once it is not covered, moving or disabled.

    Raises:
      CannotDo: it led to a document that does not come, or to a download.
    """
    with ClickEffects(place.page) as effects:
        await place.element(css).click(timeout=place.left_ms)
        await effects.settle(place)
        return effects


async def fill(place: Place, rule: Fill) -> list[str]:
    """Types a value over what stands in a field."""
    field = place.element(rule.css)
    await field.wait_for(
        timeout=place.left_ms
    )  # what is filled in may depend on the page: first the one with the field
    await field.fill(place.order.fill(rule.value), timeout=place.left_ms)
    return []


async def select(place: Place, rule: Select) -> list[str]:
    """Chooses an option of a list, by value or by its text."""
    value = None if rule.value is None else place.order.fill(rule.value)
    label = None if rule.label is None else place.order.fill(rule.label)
    field = place.element(rule.css)
    try:
        await field.select_option(value=value, label=label, timeout=place.left_ms)
    except Error as error:
        if is_end_of_page(error) or "did not find some options" not in error.message:
            raise
        there = await field.evaluate(_OPTIONS, timeout=1000)
        asked = rule.label if rule.value is None else rule.value
        raise CannotDo(f"`{rule.css}` has no option `{asked}`; it has: {', '.join(there) or 'none'}") from None
    return []


async def press(place: Place, rule: Press) -> list[str]:
    """Presses a key, in an element or where the focus is."""
    with ClickEffects(place.page) as effects:
        if rule.css is not None:
            await place.element(rule.css).press(rule.key, timeout=place.left_ms)
        else:
            await place.page.keyboard.press(rule.key)
        await effects.settle(place)
    return []


async def _wait_until_gone(place: Place, css: str) -> None:
    try:
        await place.page.locator(f"css={css}").first.wait_for(state="detached", timeout=place.left_ms)
    except Error as error:
        if is_end_of_page(error) or "Timeout" not in error.message:
            raise
        raise CannotDo(f"`{css}` is still there") from None


async def _wait_for_truth(place: Place, script: str) -> None:
    """Asks in the page; not by Playwright's own function, which a page's content security policy may forbid."""
    while not place.is_over:
        try:
            if await place.page.evaluate(_TRUTH % script.rstrip("; \n"), place.left_ms):
                return
        except Error as error:
            if is_end_of_page(error) or not is_other_document(error):
                raise
            await asyncio.sleep(_NEW_DOCUMENT_SECS)
    raise CannotDo(f"`{script}` did not become true")
