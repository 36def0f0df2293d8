"""A tab: renders one page after another, each within its time."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from playwright.async_api import BrowserContext, CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from scrapers.browsing.blocking import blocked_patterns
from scrapers.browsing.failures import (
    BrowserGone,
    ContentTooLarge,
    NavigationFailed,
    NotReady,
    RenderingFailed,
    RenderTimeout,
    TabCrashed,
)
from scrapers.browsing.in_page import PageAnswer, wait_expression
from scrapers.browsing.order import Rendered, RenderOrder

__all__ = ["Tab"]

_WORLD = "reader"
_GRACE_SECS = 2.0
"""Added to the time of a page, so that a page that is slow to say what it lacks can still say it."""
_CLOSE_SECS = 5.0
_HIDE = """{const sheet = new CSSStyleSheet(); sheet.replaceSync('html{display:none!important}');
document.adoptedStyleSheets = [sheet];}"""


class Tab:
    """One page of a context. Not for two renders at a time.

    Attributes:
      pages: rendered so far.
    """

    def __init__(self, page: Page, cdp: CDPSession, frame: str) -> None:
        self.pages = 0
        self._page = page
        self._cdp = cdp
        self._frame = frame
        self._answer: dict[str, Any] = {}
        self._doing = ""
        self._gone: asyncio.Future[RenderingFailed] = asyncio.get_running_loop().create_future()

    @classmethod
    async def open(
        cls, context: BrowserContext, *, layout: bool, block: Sequence[str] = (), block_urls: Sequence[str] = ()
    ) -> "Tab":
        """A new tab.

        Args:
          layout: False: pages are not laid out; faster, but they cannot measure themselves.
          block: kinds of files that are not loaded (see `FetchRules.block`).
          block_urls: patterns of URLs that are not loaded.
        """
        page = await context.new_page()
        cdp = await context.new_cdp_session(page)
        tree = await cdp.send("Page.getFrameTree")
        tab = cls(page, cdp, tree["frameTree"]["frame"]["id"])
        cdp.on("Network.responseReceived", tab._on_response)
        page.on("crash", lambda _: tab._end(TabCrashed("the page's renderer died")))
        page.on("close", lambda _: tab._end(TabCrashed("the tab was closed")))
        if context.browser is not None:
            context.browser.on("disconnected", lambda _: tab._end(BrowserGone("Chromium or its driver died")))
        if not layout:
            await page.add_init_script(_HIDE)
        await cdp.send("Network.enable", {"maxTotalBufferSize": 1, "maxResourceBufferSize": 1})
        await cdp.send("Network.setBlockedURLs", {"urlPatterns": blocked_patterns(block, block_urls)})
        return tab

    @property
    def page(self) -> Page:
        """Playwright's own: for a log-in, which needs to know where it is, and the context's storage at its end."""
        return self._page

    @property
    def crashed(self) -> bool:
        """Whether it can render no more: its renderer or its browser died, or it was closed."""
        return self._gone.done()

    async def render(self, order: RenderOrder) -> Rendered:
        """Renders one page.

        Raises:
          RenderingFailed: one of its kinds; after NotReady, StepFailed and NavigationFailed the tab can go on.
        """
        self.pages += 1
        loop = asyncio.get_running_loop()
        work = loop.create_task(self._render(order, loop.time() + order.timeout_secs))
        try:
            await asyncio.wait(
                {work, self._gone}, timeout=order.timeout_secs + _GRACE_SECS, return_when=asyncio.FIRST_COMPLETED
            )
            if self._gone.done():
                raise self._gone.result()
            if not work.done():
                raise RenderTimeout(f"{self._doing} within {order.timeout_secs:g} s")
            return work.result()
        except PlaywrightError as error:
            raise await self._meaning(error) from error
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await work

    async def close(self) -> bool:
        """Closes the tab; False when it could not be closed in an orderly way."""
        try:
            async with asyncio.timeout(_CLOSE_SECS):
                await self._page.close()
        except (PlaywrightError, TimeoutError):
            return False
        return True

    async def _render(self, order: RenderOrder, deadline: float) -> Rendered:
        self._answer = {}
        self._doing = "the document did not come"
        await self._page.goto(order.url, wait_until="commit", timeout=0)
        self._doing = "the page did not answer"
        said = await self._content(order, deadline)
        headers = self._answer.get("headers", {})
        return Rendered(
            url=said.url,
            status=self._answer.get("status", 200),
            headers=tuple((name, line) for name, value in headers.items() for line in value.split("\n")),
            html=said.content.encode("utf-8", "replace"),
        )

    async def _content(self, order: RenderOrder, deadline: float) -> PageAnswer:
        left = deadline - asyncio.get_running_loop().time()
        world = await self._cdp.send("Page.createIsolatedWorld", {"frameId": self._frame, "worldName": _WORLD})
        got = await self._cdp.send(
            "Runtime.evaluate",
            {
                "expression": wait_expression(order.ready, left, order.max_bytes),
                "contextId": world["executionContextId"],
                "awaitPromise": True,
                "returnByValue": True,
            },
        )
        if "exceptionDetails" in got:
            raise NotReady(str(got["exceptionDetails"]))
        said = PageAnswer.parse(got["result"]["value"])
        if said.size > order.max_bytes:
            raise ContentTooLarge(said.size, order.max_bytes)
        if said.bad or said.missing:
            raise NotReady(said.bad or f"not ready after {order.timeout_secs:g} s: {said.missing}")
        return said

    def _on_response(self, event: dict[str, Any]) -> None:
        if event["type"] == "Document" and event.get("frameId") == self._frame:
            self._answer = event["response"]

    def _end(self, why: RenderingFailed) -> None:
        if not self._gone.done():
            self._gone.set_result(why)

    async def _meaning(self, error: PlaywrightError) -> RenderingFailed:
        return NavigationFailed("", error.message)
