"""How pages were got, in sentences: over HTTP, or by the browser, and what made `fetch.mode: auto` choose."""

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["auto_sentences"]


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
