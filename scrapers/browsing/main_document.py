"""What is known of a tab's document: which answer it is of, and which others were asked for on the way."""

import re
from typing import Any

from playwright.async_api import Frame, Page, Response

from scrapers.browsing.in_page import PageAnswer
from scrapers.browsing.order import Headers

__all__ = ["MainDocument"]

_SANDBOX = re.compile(r"(^|[;,])\s*sandbox\b")


class MainDocument:
    """As far as its navigation and the page itself tell, which costs nothing: to hear of every request of a page
    (`WatchedDocument`) is a fifth of all its work. Names of headers come in lower case.

    Attributes:
      asked: URLs of the documents asked for since `forget`; redirects on the way of scripts are not known here.
      refused: the answer that did not become a document (204, a download); empty for none, and here always.
      net_error: why the last document that was asked for did not come, `net::ERR_...`.
    """

    def __init__(self, page: Page) -> None:
        self.asked: list[str] = []
        self.refused: dict[str, Any] = {}
        self.net_error = "net::ERR_FAILED"
        self._answer: Response | None = None
        self._main = page.main_frame
        self._listen(page)

    @property
    def pending(self) -> bool:
        """Whether a request for another document has been sent and not been answered; here it is never known."""
        return False

    @property
    def status(self) -> int:
        """Of the document that the tab was sent to; 200 for what did not come over the network."""
        return self._answer.status if self._answer is not None else 200

    @property
    def headers(self) -> Headers:
        """Of the document; here, of the one that the tab was sent to."""
        given = self._answer.headers if self._answer is not None else {}
        return tuple((name, line) for name, value in given.items() for line in value.split("\n"))

    @property
    def refused_headers(self) -> Headers:
        """Of the answer that did not become a document."""
        return ()

    @property
    def is_without_scripts(self) -> bool:
        """Whether its policy (CSP `sandbox`) stops every script and every timer in it, ours included."""
        policy = next((value for name, value in self.headers if name.lower() == "content-security-policy"), "").lower()
        return bool(_SANDBOX.search(policy)) and "allow-scripts" not in policy

    def forget(self) -> None:
        """Before another page."""
        self.asked = []
        self._answer = None

    def came(self, answer: Response | None) -> None:
        """The tab has come to where it was sent."""
        self._answer = answer
        request = answer.request if answer is not None else None
        while (request := request.redirected_from if request is not None else None) is not None:
            self.asked.insert(0, request.url)

    def answered(self, said: PageAnswer) -> tuple[int, Headers]:
        """Status (200 for what did not come over the network) and headers of the document that the page now is."""
        if self._answer is not None and self._answer.url.partition("#")[0] == said.came_from.partition("#")[0]:
            return self.status, self.headers
        return said.status or 200, (("content-type", said.type),)

    def _listen(self, page: Page) -> None:
        page.on("framenavigated", self._on_navigated)

    def _on_navigated(self, frame: Frame) -> None:
        if frame == self._main and frame.url.startswith(("http://", "https://")):
            self.asked.append(frame.url)
