"""The same as `MainDocument`, from all that goes over the network: nothing of it is missed."""

from typing import Any

from playwright.async_api import CDPSession, Page

from scrapers.browsing.in_page import PageAnswer
from scrapers.browsing.main_document import MainDocument
from scrapers.browsing.order import Headers

__all__ = ["WatchedDocument"]


class WatchedDocument(MainDocument):
    """Follows the requests for a tab's main document; frames' documents do not count. Needs `Network.enable`."""

    def __init__(self, page: Page, cdp: CDPSession, frame: str) -> None:
        super().__init__(page)
        self._frame = frame
        self._pending = ""
        self._shown: dict[str, Any] = {}
        self._before: dict[str, Any] = {}
        self._answered = ""
        cdp.on("Network.requestWillBeSent", self._on_request)
        cdp.on("Network.responseReceived", self._on_response)
        cdp.on("Network.loadingFailed", self._on_failure)

    @property
    def pending(self) -> bool:
        return bool(self._pending)

    @property
    def status(self) -> int:
        return int(self._shown.get("status", 200))

    @property
    def headers(self) -> Headers:
        return _pairs(self._shown)

    @property
    def refused_headers(self) -> Headers:
        return _pairs(self.refused)

    def forget(self) -> None:
        super().forget()
        self._shown = self._before = self.refused = {}
        self._pending = self._answered = self.net_error = ""

    def answered(self, said: PageAnswer) -> tuple[int, Headers]:
        return self.status, self.headers

    def _listen(self, page: Page) -> None:
        """Requests tell more than navigations."""

    def _on_request(self, event: dict[str, Any]) -> None:
        if event.get("type") == "Document" and event.get("frameId") == self._frame:
            self._pending = event["requestId"]
            self.asked.append(event["request"]["url"])

    def _on_response(self, event: dict[str, Any]) -> None:
        if event["type"] == "Document" and event.get("frameId") == self._frame:
            self._before, self._shown = self._shown, event["response"]
            self._answered = event["requestId"]
            self._pending = ""

    def _on_failure(self, event: dict[str, Any]) -> None:
        if event["requestId"] == self._pending:
            self._pending = ""
            self.net_error = event.get("errorText", "")
        elif event["requestId"] == self._answered and event.get("type") == "Document":
            self.refused, self._shown = self._shown, self._before
            self._answered = ""


def _pairs(response: dict[str, Any]) -> Headers:
    """Headers in Chromium's order; one that came several times is several pairs."""
    return tuple((name, line) for name, value in response.get("headers", {}).items() for line in value.split("\n"))
