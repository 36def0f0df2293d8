"""Takes a tab to a URL, whatever the page before it is up to."""

import asyncio
import contextlib
import re

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from scrapers.browsing.failures import NavigationFailed
from scrapers.browsing.main_document import MainDocument
from scrapers.browsing.step_errors import is_end_of_page

__all__ = ["ABORTED", "is_without_document", "navigate"]

_NET_ERROR = re.compile(r"net::ERR_\w+")
_MOST_TRIES = 20
_PAUSE_SECS = 0.05
_DOWNLOAD = "Download is starting"
ABORTED = "net::ERR_ABORTED"
_REFUSED = (_DOWNLOAD, ABORTED)


async def navigate(page: Page, url: str, document: MainDocument) -> bool:
    """Goes to a URL; returns when the document has begun to come. Takes as long as it takes.

    Returns:
      False when the answer is right and has no document (204, 205).

    Raises:
      NavigationFailed: there is no document, or it is a file to be saved.
      playwright.async_api.Error: the tab or the browser is gone.
    """
    if "#" in url and page.url.partition("#")[0] == url.partition("#")[0]:
        await page.goto("about:blank", wait_until="commit", timeout=0)  # else it would only scroll
    for _ in range(_MOST_TRIES):
        document.forget()
        try:
            document.came(await page.goto(url, wait_until="commit", timeout=0))
            return True
        except PlaywrightError as error:
            # The page before goes somewhere itself, or its error page comes only now.
            if "interrupted by another navigation" in error.message:
                await _leave(page)
                continue
            return _explain(error, document)
    raise NavigationFailed("", "the page before it goes to other documents all the time")


async def _leave(page: Page) -> None:
    """An empty document comes at once: nothing that the page before has under way comes sooner twice."""
    with contextlib.suppress(PlaywrightError):
        await page.goto("about:blank", wait_until="commit", timeout=0)
    await asyncio.sleep(_PAUSE_SECS)


def is_without_document(content_type: str) -> bool:
    """Whether Chromium shows a document of its own making for a file of this type."""
    return content_type.startswith(("image/", "video/", "audio/")) or content_type == "application/pdf"


def _explain(error: PlaywrightError, document: MainDocument) -> bool:
    if any(mark in error.message for mark in _REFUSED) and document.refused:
        if document.refused["status"] in (204, 205):
            return False
        kind = document.refused.get("mimeType") or "a file"
        raise NavigationFailed("", f"the answer is a download ({kind}), not a page") from error
    found = _NET_ERROR.search(error.message)
    if found is None and _DOWNLOAD in error.message:
        raise NavigationFailed(ABORTED, "the answer is a download, not a page") from error
    if is_end_of_page(error):
        raise error
    line = error.message.partition("\n")[0].removeprefix("Page.goto: ")
    raise NavigationFailed(found[0] if found else "", line) from error
