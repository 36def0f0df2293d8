"""The method, headers and body of a page's own request: sent with its document, and with nothing else.

Playwright's `set_extra_http_headers` would send them with every request of the page, third parties included. Here the
one request is stopped on its way (CDP `Fetch`), which costs a page that has none of them nothing.
"""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import CDPSession
from playwright.async_api import Error as PlaywrightError

from scrapers.browsing.order import RenderOrder

__all__ = ["sent_with_document"]

_PATTERNS = [{"urlPattern": "*", "resourceType": "Document", "requestStage": "Request"}]


@contextlib.asynccontextmanager
async def sent_with_document(cdp: CDPSession, frame: str, order: RenderOrder) -> AsyncIterator[None]:
    """While it is entered, the tab's next document is asked for as the order says.

    A redirect within the origin keeps the headers, one to another origin loses them.

    Args:
      frame: CDP's id of the tab's main frame.
    """
    if not order.headers and order.method == "GET" and order.body is None:
        yield
        return
    request = _Request(cdp, frame, order)
    cdp.on("Fetch.requestPaused", request.on_paused)
    await cdp.send("Fetch.enable", {"patterns": _PATTERNS})
    try:
        yield
    finally:
        cdp.remove_listener("Fetch.requestPaused", request.on_paused)
        with contextlib.suppress(PlaywrightError):
            await cdp.send("Fetch.disable")


class _Request:
    def __init__(self, cdp: CDPSession, frame: str, order: RenderOrder) -> None:
        self._cdp = cdp
        self._frame = frame
        self._order = order
        self._ours = {name.lower() for name, _ in order.headers}
        self._chain = ""
        self._tasks: set[asyncio.Task[None]] = set()

    def on_paused(self, event: dict[str, Any]) -> None:
        task = asyncio.get_running_loop().create_task(self._go_on(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _go_on(self, event: dict[str, Any]) -> None:
        with contextlib.suppress(PlaywrightError):  # the tab is gone, or the request is
            try:
                await self._cdp.send("Fetch.continueRequest", {"requestId": event["requestId"], **self._changes(event)})
            except PlaywrightError:  # a header that Chromium does not let anybody set
                await self._cdp.send(
                    "Fetch.failRequest", {"requestId": event["requestId"], "errorReason": "BlockedByClient"}
                )

    def _changes(self, event: dict[str, Any]) -> dict[str, Any]:
        request = event["request"]
        if event.get("frameId") != self._frame:
            return {}
        if not self._chain:
            self._chain = event["networkId"]
            changes: dict[str, Any] = {"method": self._order.method, "headers": self._headers(request["headers"], True)}
            if self._order.body is not None:
                changes["postData"] = base64.b64encode(self._order.body).decode()
            return changes
        if event.get("networkId") != self._chain:
            return {}
        return {"headers": self._headers(request["headers"], _origin(request["url"]) == _origin(self._order.url))}

    def _headers(self, own: dict[str, str], carried: bool) -> list[dict[str, str]]:
        """The browser's headers without ours, and ours again where they may be carried."""
        kept = [(name, value) for name, value in own.items() if name.lower() not in self._ours]
        return [{"name": name, "value": value} for name, value in (*kept, *(self._order.headers if carried else ()))]


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)
