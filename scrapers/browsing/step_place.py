"""What a step works with: the page, the order, and until when."""

import asyncio
import dataclasses

from playwright.async_api import Locator, Page

from scrapers.browsing.order import RenderOrder

__all__ = ["CannotDo", "Place"]


class CannotDo(Exception):
    """A step could not be done; the text says why, for people, in one sentence."""


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where a step is done.

    Attributes:
      ends: until when, in the loop's time.
    """

    page: Page
    order: RenderOrder
    ends: float

    @property
    def left_ms(self) -> float:
        """Milliseconds until the step's end; at least 1, since 0 is "for ever" to Playwright."""
        return max(1.0, (self.ends - asyncio.get_running_loop().time()) * 1000)

    @property
    def is_over(self) -> bool:
        return asyncio.get_running_loop().time() >= self.ends

    def element(self, css: str) -> Locator:
        """The first visible element: menus and buttons often stand twice on a page, once for small screens."""
        return self.page.locator(f"css={css}").filter(visible=True).first
