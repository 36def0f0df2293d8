"""How `fetch.mode: auto` decides, for each page type of a source, between HTTP and the browser.

The rule:
1. HTTP first. A page that lacks something over HTTP (`page_lacks`) is rendered; the browser's page counts when it has
   more, else HTTP's.
2. When at most one in ten of the last 20 pages (at least 10) was good enough over HTTP, pages go straight to the
   browser. Every 50th, and the first of every run, is tried over HTTP again; one that is enough brings HTTP back.
3. When the browser gave no more 20 times in a row (the field is on no page at all), only every 20th page that lacks
   something is rendered; one that gains by it ends that.

No failure and no HTTP error leads to the browser. With a rendered page at five times the cost of one over HTTP or more,
the cost is within 20 % of what it would be to know each page's need beforehand, whatever share of the pages has one.
"""

import collections
from collections.abc import Mapping

from schemas.fetch_modes import FEW_ENOUGH, Mode

__all__ = ["AutoMode"]

_REMEMBERED = 20
_AT_LEAST = 10
_TRY_HTTP_EVERY = 50
_IN_VAIN_IN_A_ROW = 20
_ASK_BROWSER_EVERY = 20


class _State:
    """Of one page type.

    Attributes:
      won: of the last tries over HTTP, whether the browser gave more.
      until_http: pages that still go straight to the browser.
      in_vain: how often in a row the browser gave no more.
      unasked: pages that lacked something and were not rendered, since the last that was.
    """

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.won: collections.deque[bool] = collections.deque(maxlen=_REMEMBERED)
        self.until_http = 0
        self.in_vain = 0
        self.unasked = 0

    def turn(self, mode: Mode) -> None:
        self.mode = mode
        self.won.clear()
        self.until_http = _TRY_HTTP_EVERY - 1


class AutoMode:
    """The decisions of one process. All calls on one thread; nothing waits.

    For one request: `first`; when that says HTTP and the page lacks something, `asks_browser`; then `learned`.

    Args:
      hints: (source, page type) -> how the last run ended; those it does not have begin over HTTP.
    """

    def __init__(self, hints: Mapping[tuple[str, str], str] | None = None) -> None:
        self._states: dict[tuple[str, str], _State] = {}
        self._hints = hints or {}

    def _state(self, source: str, page_type: str) -> _State:
        key = source, page_type
        state = self._states.get(key)
        if state is None:
            state = self._states[key] = _State("browser" if self._hints.get(key) == "browser" else "http")
        return state

    def first(self, source: str, page_type: str) -> Mode:
        """How the next request of that type is fetched. To be asked once a request, not again for its retries."""
        state = self._state(source, page_type)
        if state.mode == "http":
            return "http"
        if not state.until_http:
            state.until_http = _TRY_HTTP_EVERY - 1
            return "http"
        state.until_http -= 1
        return "browser"

    def asks_browser(self, source: str, page_type: str) -> bool:
        """Whether a page that lacks something over HTTP is rendered."""
        state = self._state(source, page_type)
        if state.in_vain < _IN_VAIN_IN_A_ROW:
            return True
        state.unasked += 1
        if state.unasked < _ASK_BROWSER_EVERY:
            return False
        state.unasked = 0
        return True

    def learned(self, source: str, page_type: str, *, http_enough: bool, browser_gave_more: bool | None = None) -> None:
        """Takes in what one page, tried over HTTP, showed. Not for one that failed there, or is a block page.

        Args:
          browser_gave_more: of a page that was not enough; None when the browser was not asked, or failed.
        """
        state = self._state(source, page_type)
        if not http_enough:
            if browser_gave_more is None:
                return
            state.in_vain = 0 if browser_gave_more else state.in_vain + 1
        won = not http_enough and browser_gave_more is True
        if state.mode == "browser" and not won:
            state.turn("http")
        state.won.append(won)
        if state.mode == "http" and _needs_browser(state.won):
            state.turn("browser")


def _needs_browser(won: collections.deque[bool]) -> bool:
    return len(won) >= _AT_LEAST and won.count(False) * FEW_ENOUGH <= len(won)
