"""A tab: renders one page after another, each within its time."""

import asyncio
from collections.abc import Sequence

from playwright.async_api import BrowserContext, CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from schemas.page import Captured
from scrapers.browsing.annoyances import Annoyances
from scrapers.browsing.answers import AnswerCatcher
from scrapers.browsing.blocking import block_loading
from scrapers.browsing.document_request import sent_with_document
from scrapers.browsing.driver import GONE
from scrapers.browsing.failures import (
    BrowserGone,
    ContentTooLarge,
    NavigationFailed,
    RenderingFailed,
    RenderTimeout,
    TabCrashed,
)
from scrapers.browsing.in_page import PageAnswer
from scrapers.browsing.main_document import MainDocument
from scrapers.browsing.navigation import ABORTED, is_without_document, navigate
from scrapers.browsing.order import Rendered, RenderOrder
from scrapers.browsing.page_pause import PagePause
from scrapers.browsing.photograph import photograph
from scrapers.browsing.reader import Reader
from scrapers.browsing.steps import run_steps
from scrapers.browsing.watched_document import WatchedDocument

__all__ = ["Tab"]

_GRACE_SECS = 2.0
"""Added to the time of a page, so that a page that is slow to say what it lacks can still say it."""
_CLOSE_SECS = 5.0
_LAST_WORD_SECS = 0.5
_CLOSED = ("has been closed", "Connection closed")
_HIDE = """{const sheet = new CSSStyleSheet(); sheet.replaceSync('html{display:none!important}');
document.adoptedStyleSheets = [sheet];}"""


class Tab:
    """One page of a context, lent to one render at a time.

    Attributes:
      pages: rendered so far.
      pause: what becomes of the last page while nobody wants the tab.
    """

    def __init__(self, page: Page, cdp: CDPSession, frame: str, *, watched: bool) -> None:
        self.pages = 0
        self.pause = PagePause(page, cdp)
        self._page = page
        self._cdp = cdp
        self._frame = frame
        self._document = WatchedDocument(page, cdp, frame) if watched else MainDocument(page)
        self._reader = Reader(cdp, frame, self._document)
        self._annoyances = Annoyances(page)
        self._doing = ""
        self._gone: asyncio.Future[RenderingFailed] = asyncio.get_running_loop().create_future()

    @classmethod
    async def open(
        cls,
        context: BrowserContext,
        *,
        layout: bool,
        block: Sequence[str] = (),
        block_urls: Sequence[str] = (),
        watched: bool = True,
    ) -> "Tab":
        """A new tab.

        Args:
          layout: False: pages are not laid out; faster, but they cannot measure themselves.
          block: kinds of files that are not loaded (see `FetchRules.block`).
          block_urls: patterns of URLs that are not loaded.
          watched: whether all that goes over the network is followed. Needed to block anything, and to know without
            `ready` whether another document is on its way.

        Raises:
          playwright.async_api.Error: the browser is gone.
        """
        page = await context.new_page()
        cdp = await context.new_cdp_session(page)
        tree = await cdp.send("Page.getFrameTree")
        tab = cls(page, cdp, tree["frameTree"]["frame"]["id"], watched=watched)
        tab._listen_for_the_end(context)
        await tab._annoyances.keep_out()
        if not layout:
            await page.add_init_script(_HIDE)
        if watched:
            await block_loading(cdp, block, block_urls)
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
        if self._gone.done():  # a driver that is gone would raise whatever its pipe does
            raise self._gone.result()
        self.pages += 1
        loop = asyncio.get_running_loop()
        work = loop.create_task(self._render(order, loop.time() + order.timeout_secs))
        waited: set[asyncio.Future[Rendered] | asyncio.Future[RenderingFailed]] = {work, self._gone}
        try:
            await asyncio.wait(waited, timeout=order.timeout_secs + _GRACE_SECS, return_when=asyncio.FIRST_COMPLETED)
            if work.done() and not work.cancelled():
                return work.result()
            if self._gone.done():
                raise self._gone.result()
            raise RenderTimeout(f"{self._doing} within {order.timeout_secs:g} s")
        except PlaywrightError as error:
            raise await self._meaning(error) from error
        except NavigationFailed as error:
            if error.net_error == ABORTED:  # so it is, too, when the renderer dies while nothing has come
                await asyncio.wait({self._gone}, timeout=_LAST_WORD_SECS)
            raise (self._gone.result() if self._gone.done() else error) from error
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait({work}, timeout=_LAST_WORD_SECS)  # a dead tab answers nothing, not even at the end

    async def photograph(self) -> tuple[bytes, bytes]:
        """The document's HTML as far as it is, and a JPEG of the viewport; empty what cannot be had. A tab that does
        not lay out does so for the picture."""
        return (b"", b"") if self.crashed else await photograph(self._cdp)

    async def close(self) -> bool:
        """Closes the tab; False when it could not be closed in an orderly way."""
        self._end(TabCrashed("the tab was closed"))
        try:
            async with asyncio.timeout(_CLOSE_SECS):
                await self._page.close()
        except (*GONE, TimeoutError):
            return False
        return True

    async def _render(self, order: RenderOrder, deadline: float) -> Rendered:
        catcher = None if order.xhr is None else AnswerCatcher(self._page, order.xhr)
        try:
            self._doing = "the document did not come"
            await self.pause.end()
            async with sent_with_document(self._cdp, self._frame, order):
                is_document = await self._navigate(order)
            if not is_document:
                return Rendered(order.url, self._document.refused["status"], self._document.refused_headers, b"")
            self._doing = "the page did not answer"
            if not order.expects(self._document.status):
                return self._rendered(order, await self._reader.content(deadline, order.max_bytes), (), [])
            return await self._read(order, deadline, catcher)
        finally:
            if catcher is not None:
                catcher.close()

    async def _navigate(self, order: RenderOrder) -> bool:
        """What does not become a document (204, a download) is asked for once more, to see what it is."""
        try:
            return await navigate(self._page, order.url, self._document)
        except NavigationFailed as error:
            if error.net_error != ABORTED or isinstance(self._document, WatchedDocument):
                raise
        self._document = WatchedDocument(self._page, self._cdp, self._frame)
        self._reader = Reader(self._cdp, self._frame, self._document)
        await block_loading(self._cdp, (), ())
        return await navigate(self._page, order.url, self._document)

    async def _read(self, order: RenderOrder, deadline: float, catcher: AnswerCatcher | None) -> Rendered:
        captured: tuple[Captured, ...] = ()
        notes: list[str] = []
        is_one_trip = catcher is None and not order.steps
        said = await self._reader.wait(order.ready, deadline, order.max_bytes if is_one_trip else 0)
        if is_without_document(said.type):
            raise NavigationFailed("", f"the answer is a file ({said.type}), not a page")
        if order.steps:
            notes += await run_steps(self._page, order, deadline)
        if catcher is not None:
            captured = await catcher.collected(deadline)
            notes += catcher.notes
        if not is_one_trip:
            said = await self._reader.content(deadline, order.max_bytes)
        return self._rendered(order, said, captured, notes)

    def _rendered(
        self, order: RenderOrder, said: PageAnswer, captured: tuple[Captured, ...], notes: list[str]
    ) -> Rendered:
        html = said.content.encode("utf-8", "replace")
        if len(html) > order.max_bytes:
            raise ContentTooLarge(len(html), order.max_bytes)
        status, headers = self._document.answered(said)
        return Rendered(
            url=said.url,
            status=status,
            headers=headers,
            html=html,
            captured=captured,
            notes=tuple(notes),
            documents=tuple(self._document.asked),
            has_media=said.media,
        )

    def _listen_for_the_end(self, context: BrowserContext) -> None:
        self._page.on("crash", lambda _: self._end(TabCrashed("the page's renderer died")))
        self._page.on("close", lambda _: self._closed())
        browser = context.browser
        if browser is not None:
            browser.on("disconnected", self._browser_ended)
            self._gone.add_done_callback(lambda _: browser.remove_listener("disconnected", self._browser_ended))

    def _browser_ended(self, _: object) -> None:
        self._end(BrowserGone("Chromium or its driver died"))

    def _closed(self) -> None:
        """Closed by somebody, or with its browser, which is said a moment later."""
        loop = asyncio.get_running_loop()
        loop.call_later(_LAST_WORD_SECS, self._end, TabCrashed("the tab was closed"))

    def _end(self, why: RenderingFailed) -> None:
        if not self._gone.done():
            self._gone.set_result(why)

    async def _meaning(self, error: PlaywrightError) -> RenderingFailed:
        """What an error of Playwright's is: mostly the end of the tab, whose own event may come a little later."""
        await asyncio.wait({self._gone}, timeout=2 * _LAST_WORD_SECS)
        if not self._gone.done():
            is_closed = any(mark in error.message for mark in _CLOSED) and not self._page.is_closed()
            line = error.message.partition("\n")[0]
            # Of a driver that died there is no event: everything is closed, and the page has not heard of it.
            self._end(BrowserGone(f"the driver died: {line}") if is_closed else TabCrashed(f"no longer works: {line}"))
        return self._gone.result()
