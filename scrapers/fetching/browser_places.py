"""What the pages of a process share in the browser: tabs, a guard for each source, what was learned of layout."""

import asyncio
import dataclasses
import functools
from collections import Counter
from collections.abc import Iterable

from scrapers.browsing.chromium import launch
from scrapers.browsing.guard_proxy import GuardProxy, NotReached
from scrapers.browsing.sessions import Sessions
from scrapers.browsing.tab_pool import Place, TabPool
from scrapers.fetching.address_guard import Guard
from scrapers.fetching.http_session import HttpSession
from scrapers.fetching.proxies import Proxies
from scrapers.fetching.settings import FetchSettings
from scrapers.fetching.source_rules import SourceRules
from scrapers.source_files.load import LoadedSource
from scrapers.source_files.model import FetchRules

__all__ = ["BrowserPlaces"]

_NOWHERE = "http://127.0.0.1:9"
"""What belongs to no source (Chromium's own traffic) goes to the discard port, where nobody listens."""
_NEED_LAYOUT = frozenset({"click", "fill", "select", "press", "scroll", "load_more"})

_LAYOUT_IN_VAIN = 3
"""Pages of a type that did not become ready with layout either, after which no other one gets a second try."""

PageTypeName = tuple[str, str]


class BrowserPlaces:
    """The browser's side of a process's fetcher. On its loop; nothing is started before the first page needs it."""

    def __init__(self, settings: FetchSettings, sources: Iterable[LoadedSource]) -> None:
        browser = dataclasses.replace(settings.browser, never_loaded=never_loaded(sources))
        self.pool = TabPool(browser, functools.partial(launch, browser, _NOWHERE))
        self._never_loaded = browser.never_loaded
        self._with_media: set[PageTypeName] = set()
        self.sessions = Sessions(settings.secrets, settings.hide, settings.clock)
        self._guards: dict[str, asyncio.Task[SourceGuard]] = {}
        self._laid_out: set[PageTypeName] = set()
        self._layout_in_vain: Counter[PageTypeName] = Counter()

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
        self, rules: SourceRules, page_type: str, guard: "SourceGuard", *, layout: bool, session: str = ""
    ) -> Place:
        """The kind of tab that a page type needs."""
        fetch = rules.fetch_of(page_type)
        block = set(fetch.block) - self._never_loaded
        if (rules.name, page_type) not in self._with_media:
            block.discard("media")  # no page of the type had any
        return Place(
            source=rules.name,
            session=session,
            proxy=guard.url,
            user_agent=rules.user_agent,
            viewport=fetch.viewport,
            layout=layout,
            block=tuple(sorted(block)),
            block_urls=tuple(fetch.block_urls),
            watched=fetch.ready is None or bool(block or fetch.block_urls),
        )

    def learn_media(self, page_type: PageTypeName) -> None:
        """A page had videos or sound: they are kept from loading on those after it."""
        self._with_media.add(page_type)

    def wants_layout(self, page_type: PageTypeName, fetch: FetchRules) -> bool:
        """Whether the page is laid out: as the source says, else where steps need it or it did not do without."""
        if fetch.layout is not None:
            return fetch.layout
        needs = any(_NEED_LAYOUT & step.model_fields_set for step in fetch.steps or ())
        return needs or page_type in self._laid_out

    def layout_may_help(self, page_type: PageTypeName, fetch: FetchRules) -> bool:
        """Whether a page that did not become ready without layout is worth another try with it."""
        in_vain = self._layout_in_vain[page_type]
        return fetch.layout is None and page_type not in self._laid_out and in_vain < _LAYOUT_IN_VAIN

    def learn_layout(self, page_type: PageTypeName, *, helped: bool) -> None:
        """What that other try has shown; after one that helped, all pages of the type are laid out."""
        if helped:
            self._laid_out.add(page_type)
        else:
            self._layout_in_vain[page_type] += 1


def never_loaded(sources: Iterable[LoadedSource]) -> frozenset[str]:
    """What Chromium can be told at its start not to load, because no page type of these sources wants it."""
    kinds = {"images", "fonts"}
    for loaded in sources:
        for page in loaded.source.page_types().values():
            if page.fetch is not None and page.fetch.mode != "http":
                kinds &= set(page.fetch.block)
    return frozenset(kinds)


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
