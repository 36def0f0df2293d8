"""How pages were got, in sentences: over HTTP, or by the browser, and what made `fetch.mode: auto` choose."""

from collections.abc import Iterator, Mapping
from typing import Any

from schemas.outcome import Outcome
from schemas.page import Page

__all__ = ["auto_sentence", "auto_sentences", "way_sentence"]


def auto_sentences(fetch_modes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """One for each page type that was tried over HTTP first.

    Args:
      fetch_modes: of an execution row.

    >>> counts = {"enough": 270, "http_in_vain": 30, "browser": 28, "browser_in_vain": 2, "mode": "http"}
    >>> next(auto_sentences({"detail": counts})).split("; ")
    ['detail: auto: 270 of 300 pages were enough over HTTP, 28 came from the browser, which had no more for 2', \
'the next run begins over HTTP']
    """
    for page_type, counts in fetch_modes.items():
        tried = counts["enough"] + counts["http_in_vain"]
        if not tried:
            continue
        rendered = f", {counts['browser']} came from the browser" if counts["browser"] else ""
        in_vain = counts["browser_in_vain"]
        no_more = f", {'which' if rendered else 'the browser'} had no more for {in_vain}" if in_vain else ""
        begins = "in the browser" if counts["mode"] == "browser" else "over HTTP"
        name = f"{page_type}: " if page_type else ""
        yield (
            f"{name}auto: {counts['enough']} of {tried} pages were enough over HTTP{rendered}{no_more}; "
            f"the next run begins {begins}"
        )


def way_sentence(page: Page) -> str:
    """How one page was got: `rendered by Chromium in 0.8 s`."""
    if page.rendered:
        return f"rendered by Chromium in {page.elapsed_secs:.1f} s"
    return f"fetched in {page.elapsed_secs * 1000:.0f} ms"


def auto_sentence(page: Page, outcome: Outcome, said: str) -> str:
    """How `fetch.mode: auto` got one page: `over HTTP: price missing; rendered by Chromium in 0.8 s: complete`.

    Args:
      said: what the page lacks, or that it is complete; empty when it could not be read.
    """
    verdict = f": {said}" if said else ""
    if not outcome.http_lacked:
        return f"over HTTP, {way_sentence(page)}{verdict}"
    if page.rendered:
        return f"over HTTP: {outcome.http_lacked}; {way_sentence(page)}{verdict}"
    notes = f" ({'; '.join(outcome.notes)})" if outcome.notes else ""
    return (
        f"over HTTP, {way_sentence(page)}: {outcome.http_lacked}; "
        f"Chromium had no more in {outcome.browser_secs:.1f} s{notes}"
    )
