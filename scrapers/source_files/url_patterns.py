"""URL patterns of source files: `*` stands for anything."""

import re

__all__ = ["compile_pattern"]


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression over whole URLs.

    One without a host stands for any host, and one that names no query for any query.

    >>> bool(compile_pattern("/api/*").match("https://shop.example/api/lamps?page=2"))
    True
    >>> bool(compile_pattern("api.shop.example/*").match("https://shop.example/api.shop.example/"))
    False
    """
    text = ".*".join(map(re.escape, pattern.split("*")))
    if "://" not in pattern and not pattern.startswith("*"):
        names_host = "." in pattern.split("/", 1)[0]
        text = "[a-z]+://" + (text if names_host else "[^/?#]*/" + text.removeprefix("/"))
    return re.compile(text + ("" if "?" in pattern else r"(?:[?#].*)?") + r"\Z", re.DOTALL)
