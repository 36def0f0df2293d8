"""What Playwright says of a step that failed, as one clear sentence."""

import re
from typing import Any

from playwright.async_api import Error

from scrapers.browsing.step_place import CannotDo, Place
from scrapers.source_files.mistakes import nearest

__all__ = ["explain", "is_end_of_page", "is_other_document"]

# Not the step's fault: whoever rendered the page says what became of it.
_GONE = ("Target crashed", "Page crashed", "has been closed", "Connection closed", "Browser closed")
_AWAY = ("Execution context was destroyed", "Frame was detached", "Cannot find context", "JSHandle is disposed")
_COVERED = re.compile(r"<(?P<tag>[a-z][\w-]*)(?P<rest>[^>]*)>[^\n]*intercepts pointer events", re.IGNORECASE)
_NAME = re.compile(r'\b(id|class)="([^"\s]+)')
_SAID = (
    ("is not enabled", "is disabled"),
    ("is not editable", "cannot be edited"),
    ("is not stable", "does not stop moving"),
    ("outside of the viewport", "cannot be scrolled into view"),
)
_KIND = re.compile(r"Element is not an? ([^\n]+)")
_WORDS = re.compile(r"[\w-]{2,}")

# What there is in place of what was not found: names, and how many there are that cannot be seen.
_LOOK = """([css, simple]) => {
  const names = new Set();
  for (const el of document.querySelectorAll("[id],[class],[name]")) {
    if (el.id) names.add(el.id);
    if (typeof el.name === "string" && el.name) names.add(el.name);
    for (const name of el.classList) names.add(name);
    if (names.size > 2000) break;
  }
  return {hidden: simple ? document.querySelectorAll(css).length : 0, names: [...names]};
}"""


def is_end_of_page(error: Error) -> bool:
    """Whether the tab or the browser is gone, and not just the step."""
    return any(sign in error.message for sign in _GONE)


def is_other_document(error: Error) -> bool:
    """Whether the document that a script ran in has made way for another one."""
    return any(sign in error.message for sign in _AWAY)


async def explain(error: Error, place: Place, css: str | None) -> CannotDo:
    """The reason for a failed action.

    Args:
      css: of the element that it was about; None for none.
    """
    message = error.message
    if is_other_document(error):
        return CannotDo("the page went to another document meanwhile")
    if "is not a valid selector" in message or "Unexpected token" in message or "while parsing" in message:
        return CannotDo(f"`{css}` is not a CSS selector")
    if "Unknown key" in message:
        return CannotDo(f"there is no such key: {_first_line(message)}")
    what = f"`{css}`" if css else "the page"
    covered = _COVERED.search(message)
    if covered:
        return CannotDo(f"{what} is covered by {_tag(covered)}")
    for sign, meaning in _SAID:
        if sign in message:
            return CannotDo(f"{what} {meaning}")
    kind = _KIND.search(message)
    if kind:
        return CannotDo(f"{what} is not {kind[1].rstrip('.')}")
    if css and "Timeout" in message:
        return CannotDo(await _what_is_there(place, css))
    return CannotDo("was not done in time" if "Timeout" in message else _first_line(message))


async def _what_is_there(place: Place, css: str) -> str:
    """Why an element was not found: hidden, or not there, with the nearest name that is."""
    try:
        seen: dict[str, Any] = await place.page.evaluate(_LOOK, [css, True])
    except Error:  # a selector that only Playwright knows (:has-text), or the page is leaving
        return f"no visible element matches `{css}`"
    if seen["hidden"]:
        return f"`{css}` is there, and not visible"
    words = [word for word in _WORDS.findall(css) if word not in seen["names"]]
    meant = next((near for near in (nearest(word, seen["names"]) for word in words) if near), "")
    return f"no element matches `{css}`" + (f"; did you mean `{meant}`?" if meant else "")


def _tag(covered: re.Match[str]) -> str:
    """An element by its tag and name only: its other attributes may hold what was filled in."""
    names = dict(_NAME.findall(covered["rest"]))
    name = f' {key}="{names[key]}"' if (key := "id" if "id" in names else "class") in names else ""
    return f"<{covered['tag']}{name}>"


def _first_line(message: str) -> str:
    """Playwright's own words without the name of its method and its log."""
    return re.sub(r"^(?:\w+\.\w+: )?(?:Error: )?", "", message.split("\n", 1)[0])[:200]
