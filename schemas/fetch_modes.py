"""How the pages of one page type were fetched, and what that says of how the next run should begin."""

import dataclasses
from typing import Literal, Self

__all__ = ["FEW_ENOUGH", "FetchCounts", "Mode", "next_mode"]

Mode = Literal["http", "browser"]

FEW_ENOUGH = 10
"""The browser is asked first when at most one in so many pages is enough over HTTP. A rendered page costs twenty times
one over HTTP: trying HTTP first is the cheaper way as long as one page in twenty is enough, and asks the host for the
page twice where it is not. One in ten lies between the two."""

_SEEN = 3
"""Pages that needed the browser in one run, before the next one begins with it."""


@dataclasses.dataclass(slots=True)
class FetchCounts:
    """Requests of one page type, by how they were fetched.

    Attributes:
      http: that ended with what HTTP gave.
      browser: that ended with what the browser gave, straight or after HTTP.
      http_in_vain: that were tried over HTTP, and lacked something.
      browser_in_vain: that lacked something over HTTP, and as much in the browser.
      enough: pages for which HTTP was enough.
      won: pages for which HTTP was not enough, and the browser gave more.
    """

    http: int = 0
    browser: int = 0
    http_in_vain: int = 0
    browser_in_vain: int = 0
    enough: int = 0
    won: int = 0

    def add(self, other: Self) -> None:
        """Adds those of other requests of the same page type."""
        for field in dataclasses.fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


def next_mode(before: Mode, counts: FetchCounts) -> Mode:
    """How a run begins with pages of a type, after one that began so and counted this.

    It is of sums only, so that it comes out the same in whatever order a run's workers saw its pages.
    """
    tries = counts.enough + counts.won
    if not tries:
        return before
    if counts.enough * FEW_ENOUGH > tries:
        return "http"
    return "browser" if before == "browser" or counts.won >= _SEEN else "http"
