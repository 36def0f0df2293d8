"""Requests that a page has under way: whether more may come."""

import asyncio

from playwright.async_api import Page, Request

__all__ = ["PageTraffic"]

_BRINGS_DATA = frozenset({"xhr", "fetch", "script"})
_LONG_POLL_SECS = 10.0  # a request that is older waits for something to happen somewhere, not for rows


class PageTraffic:
    """Counts what a page asks for; a context manager."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._since: dict[Request, float] = {}

    def __enter__(self) -> "PageTraffic":
        self._page.on("request", self._begun)
        self._page.on("requestfinished", self._ended)
        self._page.on("requestfailed", self._ended)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._page.remove_listener("request", self._begun)
        self._page.remove_listener("requestfinished", self._ended)
        self._page.remove_listener("requestfailed", self._ended)

    def under_way(self) -> bool:
        """Whether data is on its way that the page asked for in the last 10 s."""
        oldest = asyncio.get_running_loop().time() - _LONG_POLL_SECS
        return any(begun > oldest for begun in self._since.values())

    def _begun(self, request: Request) -> None:
        if request.resource_type in _BRINGS_DATA:
            self._since[request] = asyncio.get_running_loop().time()

    def _ended(self, request: Request) -> None:
        self._since.pop(request, None)
