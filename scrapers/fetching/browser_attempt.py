"""One attempt at a request in the browser: with the permission, pace and guard of HTTP, another way to the page."""

import asyncio
import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from schemas.page import Page
from schemas.reasons import Dead
from schemas.request import canonical_url
from scrapers.browsing.failures import NotReady, RenderingFailed, StepFailed, TabCrashed
from scrapers.browsing.guard_proxy import NotReached
from scrapers.browsing.login_check import is_login_page
from scrapers.browsing.order import Rendered, RenderOrder
from scrapers.browsing.session_state import SessionState
from scrapers.browsing.tab import Tab
from scrapers.fetching.browser_failures import explain
from scrapers.fetching.browser_order import order_of
from scrapers.fetching.failures import AttemptFailed
from scrapers.fetching.hop import Hop
from scrapers.fetching.host_uses import Sending
from scrapers.fetching.http_session import HttpSession
from scrapers.fetching.pacing import HostClock
from scrapers.fetching.ticket import Ticket

if TYPE_CHECKING:
    from scrapers.fetching.attempt import Attempts
    from scrapers.fetching.browser_places import SourceGuard

__all__ = ["BrowserAttempt"]

Headers = tuple[tuple[str, str], ...]

_ERROR_PAGE = "chrome-error:"
_OF_THE_PROXY = frozenset({403, 502, 504})
_HTML = ("Content-Type", "text/html; charset=utf-8")


@dataclasses.dataclass(slots=True)
class BrowserAttempt:
    """Renders one request.

    Attributes:
      clock: of the host queue that the request is in.
      check: raises AttemptDropped when the request is no longer wanted, after its wait for the host's turn.
      hop: what is sent.
      session: cookies and storage to open the source's context with; None for a source without a session.
      failed_page: what the browser had of a page that failed, with its picture.
      tab_url: where the tab was when it failed.
      started: loop seconds when the page was begun.
    """

    attempts: "Attempts"
    ticket: Ticket
    clock: HostClock
    check: Callable[[], None]
    hop: Hop
    session: SessionState | None = None
    failed_page: Page | None = None
    tab_url: str = ""
    started: float = 0.0

    async def render(self) -> Page:
        """The page; one that does not become ready without layout is tried once more with it.

        Raises:
          AttemptFailed: with what the browser had of the page, where it had something.
          AttemptDropped: robots.txt forbids the page, or the one that it led to.
        """
        places, request = self.attempts.places, self.ticket.request
        fetch, page_type = self.ticket.rules.fetch(request), (request.source, request.page_type)
        layout = places.wants_layout(page_type, fetch)
        try:
            return await self._attempt(layout=layout)
        except AttemptFailed as error:
            may_help = isinstance(error.__cause__, NotReady) and places.layout_may_help(page_type, fetch)
            if layout or not may_help:
                raise
        try:
            page = await self._attempt(layout=True)
        except AttemptFailed as error:
            if isinstance(error.__cause__, NotReady):
                places.learn_layout(page_type, helped=False)
            raise
        places.learn_layout(page_type, helped=True)
        return page

    async def _attempt(self, *, layout: bool) -> Page:
        attempts, ticket = self.attempts, self.ticket
        session = attempts.session(ticket.rules)
        order = order_of(ticket, self.hop, attempts.settings.secrets, layout=layout)
        if refusal := session.guard.check(self.hop.url):
            raise AttemptFailed(Dead.ADDRESS_REFUSED, refusal)
        delay_secs = await attempts.permissions.delay_secs(ticket, self.hop.url, session, self.clock)
        guard = await attempts.places.guard(ticket.rules, session)
        await self.clock.turn(delay_secs, attempts.sleep)
        self.check()
        self.started = asyncio.get_running_loop().time()
        try:
            rendered = await self._render(order, guard, delay_secs)
        except RenderingFailed as error:
            ticket.crashes += isinstance(error, TabCrashed)
            raise self._explained(error, guard) from error
        finally:
            secs = asyncio.get_running_loop().time() - self.started
            ticket.browser_secs += secs
            ticket.fetch_secs += secs
            ticket.wire_bytes += guard.take_bytes()
        self._look_back(rendered, guard)
        return await self._arrived(rendered, secs, session)

    async def _render(self, order: RenderOrder, guard: "SourceGuard", delay_secs: float) -> Rendered:
        places, rules = self.attempts.places, self.ticket.rules
        state = self.session.state_id if self.session else ""
        storage = self.session.storage if self.session else None
        place = places.place(rules, self.ticket.request.page_type, guard, layout=order.layout, session=str(state))
        async with places.pool.tab(place, storage, alone=self.ticket.crashes > 0) as tab:
            await self.clock.late_turn(delay_secs, self.attempts.sleep)
            self.started = asyncio.get_running_loop().time()
            with Sending(self.ticket, self.clock, delay_secs) as sending:
                sending()
                return await self._in_tab(tab, order)

    def _explained(self, error: RenderingFailed, guard: "SourceGuard") -> AttemptFailed:
        refused, failed = guard.refused(self.started), guard.failed(self.started)
        if isinstance(error, NotReady):
            self._check_document(self.tab_url, refused, failed)
        # a tunnel was refused: where to, its error page does not say
        hidden = list(map(str, refused)) if self.tab_url.startswith(_ERROR_PAGE) else []
        failure = explain(error, self.ticket.crashes, hidden, self.failed_page)
        if self.ticket.rules.proxies and failed and failure.reason == Dead.CONNECTION:
            failure.args = (f"{failure}; not reached: {', '.join(map(str, failed[:3]))}",)
        return failure

    def _look_back(self, rendered: Rendered, guard: "SourceGuard") -> None:
        """What is to be said of a page that came. Raises AttemptFailed: it was our proxy that answered."""
        ticket = self.ticket
        if rendered.has_media:
            self.attempts.places.learn_media((ticket.request.source, ticket.request.page_type))
        refused = guard.refused(self.started)
        if rendered.status in _OF_THE_PROXY:
            self._check_document(rendered.url, refused, guard.failed(self.started))
        for one in refused:
            ticket.note(f"a page asked for what was refused: {one}")

    @staticmethod
    def _check_document(url: str, refused: list[NotReached], failed: list[NotReached]) -> None:
        """Tells our proxy's own answers from a site's; a refused advertisement is no refused document.

        Raises:
          AttemptFailed: the document was refused, or could not be reached.
        """
        place = _place_of(url)
        for one in refused:
            if (one.host, one.port) == place:
                raise AttemptFailed(Dead.ADDRESS_REFUSED, str(one))
        for one in failed:
            if (one.host, one.port) == place:
                raise AttemptFailed(Dead.CONNECTION, str(one), transient=True)

    async def _in_tab(self, tab: Tab, order: RenderOrder) -> Rendered:
        try:
            return await tab.render(order)
        except RenderingFailed as error:
            self.tab_url = tab.page.url
            if isinstance(error, NotReady | StepFailed):
                html, picture = await tab.photograph()
                page = self._page(Rendered(self.tab_url, 200, (_HTML,), html), order.timeout_secs)
                page.incomplete = True
                page.screenshot = b"" if any("${secret." in str(step) for step in order.steps) else picture
                self.failed_page = page
            raise

    async def _arrived(self, rendered: Rendered, secs: float, session: HttpSession) -> Page:
        """The page, when the browser was allowed to wherever redirects and scripts have led it."""
        attempts, ticket = self.attempts, self.ticket
        if not rendered.url.startswith(("http://", "https://")):
            raise AttemptFailed(Dead.BAD_CONTENT, f"the page led to {rendered.url[:100]}, which no server sent")
        if not is_login_page(rendered.url, ticket.rules.source):  # that only says that the session is over
            for url in dict.fromkeys(map(canonical_url, (*rendered.documents, rendered.url))):
                if url != canonical_url(self.hop.url):
                    await attempts.permissions.delay_secs(ticket, url, session, self.clock)
        for note in rendered.notes:
            ticket.note(note)
        page = self._page(rendered, secs)
        attempts.pause_as_asked(ticket, self.clock, page)
        return page

    def _page(self, rendered: Rendered, secs: float) -> Page:
        hop = self.hop
        return Page(
            request=self.ticket.request,
            status=rendered.status,
            url=hop.hide(rendered.url),
            headers=_as_utf8(rendered.headers),
            body=rendered.html,
            fetched_at=self.attempts.settings.clock(),
            elapsed_secs=secs,
            rendered=True,
            captured=rendered.captured,
        )


def _as_utf8(headers: Headers) -> Headers:
    """The answer's headers with the encoding that the body has now: the browser has decoded what came."""
    return tuple(
        (name, f"{value.partition(';')[0].strip()}; charset=utf-8") if name.lower() == "content-type" else (name, value)
        for name, value in headers
    )


def _place_of(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
