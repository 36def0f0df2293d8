"""Pages that stand in for the one that was asked for: blocks, CAPTCHAs and login walls inside a 200."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from schemas.page import Page
from scrapers.source_files.model import Markers, Selector

__all__ = ["Found", "find_marker"]

Kind = Literal["blocked", "login_required"]


class Found(NamedTuple):
    """What a page turned out to be, and what gave it away."""

    kind: Kind
    marker: str


def find_marker(
    page: Page,
    text: str,
    markers: Markers | None = None,
    matches: Callable[[Selector], bool] | None = None,
) -> Found | None:
    """Whether a page is a block page or a login wall; None for a page that is neither.

    Args:
      text: the page's body, decoded.
      markers: the source's own.
      matches: whether a selector of the source's markers gives something on this page.
    """
    return None
