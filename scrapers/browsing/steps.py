"""Does the steps of a source file on a page, one after the other."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Error, Page

from scrapers.browsing import scrolling, step_actions
from scrapers.browsing.failures import RenderTimeout, StepFailed
from scrapers.browsing.order import RenderOrder
from scrapers.browsing.step_errors import explain, is_end_of_page
from scrapers.browsing.step_place import CannotDo, Place
from scrapers.source_files.model_browser import Step

__all__ = ["OPTIONAL_SECS", "run_steps"]

OPTIONAL_SECS = 3.0  # for an optional step that says nothing: what is not there must not use up the page's time
_SILENT_SECS = 5.0  # after a step's end: a page that lets Playwright's own time-outs pass unheard is frozen
_ACTIONS: dict[str, Callable[[Place, Any], Awaitable[list[str]]]] = {
    "wait": step_actions.wait,
    "click": step_actions.click,
    "fill": step_actions.fill,
    "select": step_actions.select,
    "press": step_actions.press,
    "scroll": scrolling.scroll,
    "load_more": scrolling.load_more,
}
_logger = logging.getLogger(__name__)


async def run_steps(page: Page, order: RenderOrder, deadline: float) -> list[str]:
    """Does an order's steps.

    Args:
      deadline: for all of them, in the running loop's time.

    Returns:
      Limits that were met, for the execution's notes: `step 2 (scroll) stopped at max_rounds 50`.

    Raises:
      StepFailed: a step that is not optional could not be done.
      RenderTimeout: the page no longer answers.
      playwright.async_api.Error: the tab or the browser is gone.
      AttemptFailed: from `order.fill`.
    """
    notes: list[str] = []
    loop = asyncio.get_running_loop()
    for number, step in enumerate(order.steps, 1):
        action, _ = _action(step)
        begun = loop.time()
        try:
            met = await _do(page, order, deadline, step)
        except CannotDo as failure:
            secs = loop.time() - begun
            if not step.optional:
                raise StepFailed(number, action, f"{failure} (after {secs:.1f} s)") from None
            _logger.debug("step %d (%s) is optional and was not done in %.3f s: %s", number, action, secs, failure)
            continue
        _logger.debug("step %d (%s) took %.3f s", number, action, loop.time() - begun)
        notes += [f"step {number} ({action}) {note}" for note in met]
    return notes


def _action(step: Step) -> tuple[str, Any]:
    """The one action of a step, and its rule."""
    return next((name, rule) for name in _ACTIONS if (rule := getattr(step, name)) is not None)


async def _do(page: Page, order: RenderOrder, deadline: float, step: Step) -> list[str]:
    action, rule = _action(step)
    own_secs = step.timeout_secs or (OPTIONAL_SECS if step.optional and action != "scroll" else math.inf)
    place = Place(page, order, min(deadline, asyncio.get_running_loop().time() + own_secs))
    try:
        async with asyncio.timeout_at(place.ends + _SILENT_SECS):
            return await _ACTIONS[action](place, rule)
    except TimeoutError:
        raise RenderTimeout(f"the page no longer answers, since the step {action}") from None
    except Error as error:
        if is_end_of_page(error):
            raise
        raise await _within(explain(error, place, getattr(rule, "css", None))) from None


async def _within(explained: Awaitable[CannotDo]) -> CannotDo:
    try:
        return await asyncio.wait_for(explained, _SILENT_SECS)
    except TimeoutError:
        raise RenderTimeout("the page no longer answers") from None
