"""What a click set off: another document, a pop-up, a download."""

import asyncio

from playwright.async_api import Download, Error, Page, Request, Response

from scrapers.browsing.step_place import CannotDo, Place

__all__ = ["ClickEffects"]

_NO_DOCUMENT = (204, 205)


class ClickEffects:
    """Watches a page while something is clicked on it; a context manager.

    Attributes:
      navigated: another document took the place of this one, or is on its way.
      popup: the URL of a tab that was opened; None for none.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._over = asyncio.Event()
        self._failure = ""
        self.navigated = False
        self.popup: str | None = None
        self._handlers = {
            "request": self._request,
            "response": self._response,
            "requestfailed": self._request_failed,
            "domcontentloaded": self._loaded,
            "popup": self._opened,
            "download": self._download,
        }

    def __enter__(self) -> "ClickEffects":
        for event, handler in self._handlers.items():
            self._page.on(event, handler)  # type: ignore[call-overload]
        return self

    def __exit__(self, *exc_info: object) -> None:
        for event, handler in self._handlers.items():
            self._page.remove_listener(event, handler)

    async def settle(self, place: Place) -> None:
        """Waits until a document that is on its way is there.

        Raises:
          CannotDo: it does not come.
        """
        await place.page.evaluate("0")  # one round trip: what the click set off at once has been heard of by then
        if self.navigated:
            try:
                async with asyncio.timeout_at(place.ends):
                    await self._over.wait()
            except TimeoutError:
                raise CannotDo("the click leads to another document, which does not come") from None
        if self._failure:
            raise CannotDo(self._failure)

    def _is_document(self, request: Request) -> bool:
        try:
            return request.is_navigation_request() and request.frame == self._page.main_frame
        except Error:  # a frame that is gone already
            return False

    def _request(self, request: Request) -> None:
        if self._is_document(request):
            self.navigated = True
            self._over.clear()

    def _response(self, response: Response) -> None:
        if response.status in _NO_DOCUMENT and self._is_document(response.request):
            self.navigated = False
            self._over.set()

    def _request_failed(self, request: Request) -> None:
        if self._is_document(request):
            if not self._failure:
                self._failure = f"the click leads to another document, which does not come: {request.failure}"
            self._over.set()

    def _loaded(self, _: Page) -> None:
        self._over.set()

    def _opened(self, popup: Page) -> None:
        self.popup = popup.url

    def _download(self, _: Download) -> None:
        self._failure = "the click started a download"
        self._over.set()
