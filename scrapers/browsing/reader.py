"""Asks a page when it is complete and what it has, again when it went to another document meanwhile."""

import asyncio
from typing import Any

from playwright.async_api import CDPSession
from playwright.async_api import Error as PlaywrightError

from scrapers.browsing.failures import ContentTooLarge, NavigationFailed, NotReady
from scrapers.browsing.in_page import PageAnswer, wait_expression
from scrapers.browsing.main_document import MainDocument
from scrapers.source_files.model_browser import Ready

__all__ = ["Reader"]

_WORLD = "reader"
_LOST = ("navigated or closed", "Cannot find context", "context was destroyed", "Promise was collected", "No frame")
_MOST_DOCUMENTS = 25
_POLL_SECS = 0.1
_LEAVING_SECS = 10.0


class Reader:
    """Reads the main frame of one tab, in a JavaScript world of its own: what scripts of the page overwrite there
    (`MutationObserver`, `JSON`, `Array.prototype`) and what its policies forbid does not concern it."""

    def __init__(self, cdp: CDPSession, frame: str, document: MainDocument) -> None:
        self._cdp = cdp
        self._frame = frame
        self._document = document

    async def wait(self, ready: Ready | None, deadline: float, max_bytes: int) -> PageAnswer:
        """Waits until the page is complete, and gives its content.

        Args:
          deadline: in the running loop's time.
          max_bytes: of the content; 0: none is wanted.

        Raises:
          NotReady: something is missing, or the page goes from one document to the next for ever.
          NavigationFailed: it led to another document, which did not come.
          ContentTooLarge: it has more than `max_bytes`.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()
        if ready is not None and ready.js is not None:
            await self._until_true(ready.js, deadline)
        lost = 0
        while lost < _MOST_DOCUMENTS:
            said = await self._ask(ready, deadline, max_bytes)
            if said is None:
                lost += 1
                continue
            if said.url.startswith("chrome-error:"):
                net_error = self._document.net_error
                raise NavigationFailed(net_error, f"the page led to another document, which did not come: {net_error}")
            leaving = ready is None and self._document.pending and loop.time() < min(deadline, started + _LEAVING_SECS)
            if not leaving:
                return _checked(said, max_bytes, loop.time() - started)
            await asyncio.sleep(_POLL_SECS)
        raise NotReady(f"the page never stays: {_MOST_DOCUMENTS} documents one after the other")

    async def content(self, deadline: float, max_bytes: int) -> PageAnswer:
        """The content as it is now, once the document has been parsed."""
        return await self.wait(Ready.model_construct(), deadline, max_bytes)

    async def _ask(self, ready: Ready | None, deadline: float, max_bytes: int) -> PageAnswer | None:
        """None when the document went away during it."""
        loop = asyncio.get_running_loop()
        while True:
            once = self._document.is_without_scripts
            text = wait_expression(ready, deadline - loop.time(), max_bytes, once=once)
            try:
                world = await self._cdp.send("Page.createIsolatedWorld", {"frameId": self._frame, "worldName": _WORLD})
                got = await self._evaluate(text, contextId=world["executionContextId"])
            except PlaywrightError as error:
                if not any(mark in error.message for mark in _LOST):
                    raise
                await asyncio.sleep(_POLL_SECS / 5)
                return None
            said = PageAnswer.parse(str(got["result"]["value"]))
            if not (once and said.missing) or loop.time() >= deadline:
                return said
            await asyncio.sleep(_POLL_SECS)

    async def _until_true(self, expression: str, deadline: float) -> None:
        """Asks from outside, in the page's own world: so it hangs on no timer of the page."""
        loop = asyncio.get_running_loop()
        pause, problem = 0.02, ""
        while True:
            try:
                got = await self._evaluate(f"(async () => !!(await (\n{expression}\n)))()")
                if "exceptionDetails" not in got and got["result"].get("value") is True:
                    return
                problem = got.get("exceptionDetails", {}).get("exception", {}).get("description", "").split("\n")[0]
            except PlaywrightError as error:
                if not any(mark in error.message for mark in _LOST):
                    raise
            if loop.time() + pause >= deadline:
                raise NotReady(f'js "{expression}" did not become true' + (f" ({problem})" if problem else ""))
            await asyncio.sleep(pause)
            pause = min(0.25, pause * 1.5)

    async def _evaluate(self, expression: str, **where: Any) -> dict[str, Any]:
        return dict(
            await self._cdp.send(
                "Runtime.evaluate",
                {"expression": expression, "awaitPromise": True, "returnByValue": True, "silent": True, **where},
            )
        )


def _checked(said: PageAnswer, max_bytes: int, secs: float) -> PageAnswer:
    if max_bytes and said.size > max_bytes:
        raise ContentTooLarge(said.size, max_bytes)
    if said.bad:
        raise NotReady(f"the page could not be asked: {said.bad}")
    if said.missing:
        raise NotReady(f"not complete after {secs:.1f} s: {said.missing}")
    return said
