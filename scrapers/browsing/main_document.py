"""What the network said of a tab's document: which answer it is of, and whether another one is on its way."""

import re
from typing import Any

from playwright.async_api import CDPSession

from scrapers.browsing.order import Headers

__all__ = ["MainDocument"]

_SANDBOX = re.compile(r"(^|[;,])\s*sandbox\b")


class MainDocument:
    """Follows the requests for a tab's main document; frames' documents do not count.

    Attributes:
      pending: a request for another document has been sent and not been answered.
      asked: URLs of the documents asked for since `forget`, redirects included.
      refused: the answer that did not become a document (204, a download); empty for none.
      net_error: why the last document that was asked for did not come, `net::ERR_...`; empty for none.
    """

    def __init__(self, cdp: CDPSession, frame: str) -> None:
        self._frame = frame
        self._pending = ""
        self._answer: dict[str, Any] = {}
        self._before: dict[str, Any] = {}
        self._answered = ""
        self.asked: list[str] = []
        self.refused: dict[str, Any] = {}
        self.net_error = ""
        cdp.on("Network.requestWillBeSent", self._on_request)
        cdp.on("Network.responseReceived", self._on_response)
        cdp.on("Network.loadingFailed", self._on_failure)

    @property
    def pending(self) -> bool:
        return bool(self._pending)

    @property
    def status(self) -> int:
        """Of the document; 200 when it did not come over the network (`about:blank`)."""
        return int(self._answer.get("status", 200))

    @property
    def headers(self) -> Headers:
        return _pairs(self._answer)

    @property
    def refused_headers(self) -> Headers:
        """Of the answer that did not become a document."""
        return _pairs(self.refused)

    @property
    def is_without_scripts(self) -> bool:
        """Whether its policy (CSP `sandbox`) stops every script and every timer in it, ours included."""
        policy = next((value for name, value in self.headers if name.lower() == "content-security-policy"), "").lower()
        return bool(_SANDBOX.search(policy)) and "allow-scripts" not in policy

    def forget(self) -> None:
        """Before another page."""
        self._answer = self._before = self.refused = {}
        self._pending = self._answered = self.net_error = ""
        self.asked = []

    def _on_request(self, event: dict[str, Any]) -> None:
        if event.get("type") == "Document" and event.get("frameId") == self._frame:
            self._pending = event["requestId"]
            self.asked.append(event["request"]["url"])

    def _on_response(self, event: dict[str, Any]) -> None:
        if event["type"] == "Document" and event.get("frameId") == self._frame:
            self._before, self._answer = self._answer, event["response"]
            self._answered = event["requestId"]
            self._pending = ""

    def _on_failure(self, event: dict[str, Any]) -> None:
        if event["requestId"] == self._pending:
            self._pending = ""
            self.net_error = event.get("errorText", "")
        elif event["requestId"] == self._answered and event.get("type") == "Document":
            self.refused, self._answer = self._answer, self._before
            self._answered = ""


def _pairs(response: dict[str, Any]) -> Headers:
    """Headers in Chromium's order; one that came several times is several pairs."""
    return tuple((name, line) for name, value in response.get("headers", {}).items() for line in value.split("\n"))
