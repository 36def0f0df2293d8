"""What the pages of a process share in the browser: tabs, a guard for each source, what was learned of layout."""

import asyncio
import functools

from scrapers.browsing.chromium import launch
from scrapers.browsing.guard_proxy import GuardProxy, NotReached
from scrapers.browsing.sessions import Sessions
from scrapers.browsing.tab_pool import Place, TabPool
from scrapers.fetching.address_guard import Guard
from scrapers.fetching.http_session import HttpSession
from scrapers.fetching.proxies import Proxies
from scrapers.fetching.settings import FetchSettings
from scrapers.fetching.source_rules import SourceRules
from scrapers.source_files.model import FetchRules

__all__ = ["BrowserPlaces"]

_NOWHERE = "http://127.0.0.1:9"
"""What belongs to no source (Chromium's own traffic) goes to the discard port, where nobody listens."""
_NEED_LAYOUT = frozenset({"click", "fill", "select", "press", "scroll", "load_more"})

PageTypeName = tuple[str, str]


class BrowserPlaces:
    """The browser's side of a process's fetcher. On its loop; nothing is started before the first page needs it."""

    def __init__(self, settings: FetchSettings) -> None:
        self.pool = TabPool(settings.browser, functools.partial(launch, settings.browser, _NOWHERE))
        self.sessions = Sessions(settings.secrets, settings.hide, settings.clock)
        self._guards: dict[str, asyncio.Task[SourceGuard]] = {}
        self._layout: dict[PageTypeName, bool] = {}

    async def close(self) -> None:
        """Ends log-ins, Chromium and the guards."""
        await self.sessions.close()
        await self.pool.close()
        for task in self._guards.values():
            if task.done() and not task.cancelled() and task.exception() is None:
                task.result().close()

    async def guard(self, rules: SourceRules, session: HttpSession) -> "SourceGuard":
        """What everything of a source goes through: one a source, so that it is known whose a refusal is."""
        task = self._guards.get(rules.name)
        if task is None:
            task = self._guards[rules.name] = asyncio.ensure_future(SourceGuard.open(session.guard, session.proxies))
        return await asyncio.shield(task)

    def place(
        self, rules: SourceRules, fetch: FetchRules, guard: "SourceGuard", *, layout: bool, session: str
    ) -> Place:
        """The kind of tab that a page type needs."""
        return Place(
            source=rules.name,
            session=session,
            proxy=guard.url,
            user_agent=rules.user_agent,
            viewport=fetch.viewport,
            layout=layout,
            block=tuple(fetch.block),
            block_urls=tuple(fetch.block_urls),
        )

    def wants_layout(self, page_type: PageTypeName, fetch: FetchRules) -> bool:
        """Whether the page is laid out: as the source says, else where steps need it or it did not do without."""
        if fetch.layout is not None:
            return fetch.layout
        needs = any(_NEED_LAYOUT & step.model_fields_set for step in fetch.steps or ())
        return needs or self._layout.get(page_type, False)

    def layout_may_help(self, page_type: PageTypeName, fetch: FetchRules) -> bool:
        """Whether a page that did not become ready without layout is worth another try with it."""
        return fetch.layout is None and page_type not in self._layout

    def learn_layout(self, page_type: PageTypeName, *, helped: bool) -> None:
        """What that other try has shown; from then on the page type is laid out, or never tried again."""
        self._layout[page_type] = helped


class SourceGuard:
    """The guard proxy of one source.

    Attributes:
      url: `http://127.0.0.1:PORT`.
    """

    def __init__(self, proxy: GuardProxy, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._proxy = proxy
        self._bytes_taken = 0

    @classmethod
    async def open(cls, guard: Guard, proxies: Proxies | None) -> "SourceGuard":
        """Starts it."""
        proxy = GuardProxy(guard, proxies)
        return cls(proxy, await proxy.start())

    def close(self) -> None:
        """Ends it, and whatever goes through it."""
        self._proxy.close()

    def refused(self, since: float) -> list[NotReached]:
        """What was refused from that moment of the loop's time on. It may have been another page of the source."""
        return self._proxy.refusals(since)

    def failed(self, since: float) -> list[NotReached]:
        """What could not be reached although it may be: no such name, nobody listening."""
        return self._proxy.failures(since)

    def take_bytes(self) -> int:
        """Bytes received since the last call: each is counted for one page of the source, whichever ends next."""
        taken, self._bytes_taken = self._proxy.bytes_received - self._bytes_taken, self._proxy.bytes_received
        return taken
