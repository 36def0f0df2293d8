"""How the pages of one page type were fetched, and what that says of how the next run should begin."""

import dataclasses
from collections.abc import Mapping
from typing import Literal, Self

from schemas.outcome import Outcome

__all__ = ["FEW_ENOUGH", "FetchCounts", "Mode", "fetch_modes", "next_mode"]

Mode = Literal["http", "browser"]

FEW_ENOUGH = 10
"""The browser is asked first when at most one in so many pages is enough over HTTP. A rendered page costs twenty times
one over HTTP: trying HTTP first is the cheaper way as long as one page in twenty is enough, and asks the host for the
page twice where it is not. One in ten lies between the two."""

_SEEN = 3
"""Pages that needed the browser in one run, before the next one begins with it."""


@dataclasses.dataclass(slots=True)
class FetchCounts:
    """Requests of one page type that were fetched, by how.

    Attributes:
      http: that ended with what HTTP gave.
      browser: that ended with what the browser gave, straight or after HTTP.
      http_in_vain: that lacked something over HTTP.
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

    def count(self, outcome: Outcome) -> None:
        """Adds one request that was fetched."""
        if outcome.rendered:
            self.browser += 1
        else:
            self.http += 1
        if outcome.http_in_vain:
            self.http_in_vain += 1
            self.browser_in_vain += not outcome.rendered and outcome.browser_secs > 0
            self.won += outcome.rendered and outcome.end == "pages"
        elif not outcome.rendered and outcome.end == "pages":
            self.enough += 1

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


def fetch_modes(auto_modes: Mapping[str, Mode], fetched: Mapping[str, FetchCounts]) -> dict[str, dict[str, str | int]]:
    """What the execution row says: page type -> `mode` and counts, of those that have to do with a browser.

    Args:
      auto_modes: of the plan; a page type that is not there has its mode from the source file.
    """
    told: dict[str, dict[str, str | int]] = {}
    for page_type in sorted({*auto_modes, *(name for name, counts in fetched.items() if counts.browser)}):
        counts = fetched.get(page_type, FetchCounts())
        before = auto_modes.get(page_type)
        mode = "browser" if before is None else next_mode(before, counts)
        told[page_type] = {"mode": mode, **dataclasses.asdict(counts)}
    return told
