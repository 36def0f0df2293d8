"""A path against the rules of one agent, as robots.cc matches: the longest pattern counts, and allow wins a tie."""

import re
from collections.abc import Iterable

__all__ = ["Matcher", "Rule", "path_of"]


Rule = tuple[str, bool]
"""A path pattern, and whether it allows."""

_PATH = re.compile(r"https?://[^/?;#]*(?:([/?;][^#]*)|#|$)", re.DOTALL)
_ANY_PATH = re.compile(r"(?:(?://)?[^/?;]*?://)?(?://)?[^/?;#]*(?:([/?;][^#]*)|#|$)", re.DOTALL)
_ENCODED = re.compile(r"%[0-9a-fA-F]{2}")


def path_of(url: str) -> str:
    """Path and query of a URL, as robots.cc's GetPathParamsQuery cuts them out, percent-encodings in capitals.

    robots.cc leaves the URL's percent-encodings as they are; by RFC 9309, 2.2.2, both cases of them compare equal.

    >>> path_of("http://shop.example?q=%c3%a9#top")
    '/?q=%C3%A9'
    """
    match = _PATH.match(url) or _ANY_PATH.match(url)
    path = (match and match[1]) or "/"
    if "%" in path:
        path = _ENCODED.sub(lambda code: code[0].upper(), path)
    return path if path[0] == "/" else "/" + path


class _Wildcard:
    """A pattern with `*`. The parts between the stars are looked for from left to right, so the cost is bounded."""

    __slots__ = ("allow", "end", "first", "length", "longest", "middle")

    def __init__(self, pattern: str, allow: bool) -> None:
        self.length, self.allow = len(pattern), allow
        anchored = pattern.endswith("$")
        self.first, *rest = (pattern[:-1] if anchored else pattern).split("*")
        self.end = rest.pop() if anchored else None
        self.middle = [part for part in rest if part]
        self.longest = max((self.first, *rest, self.end or ""), key=len)

    def matches(self, path: str) -> bool:
        if self.longest not in path or not path.startswith(self.first):
            return False
        place = len(self.first)
        for part in self.middle:
            place = path.find(part, place)
            if place < 0:
                return False
            place += len(part)
        return self.end is None or (path.endswith(self.end) and len(path) - len(self.end) >= place)


class Matcher:
    """The rules of one agent."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._prefixes: dict[str, bool] = {}
        self._exact: dict[str, bool] = {}
        wildcards: dict[str, _Wildcard] = {}
        for pattern, allow in _with_index_pages(rules):
            if "*" in pattern:
                if allow or pattern not in wildcards:
                    wildcards[pattern] = _Wildcard(pattern, allow)
            elif pattern.endswith("$"):
                self._exact[pattern[:-1]] = allow or self._exact.get(pattern[:-1], False)
            elif pattern:  # an empty pattern is the shortest match and says nothing
                self._prefixes[pattern] = allow or self._prefixes.get(pattern, False)
        self._lengths = sorted({len(prefix) for prefix in self._prefixes}, reverse=True)
        self._wildcards = sorted(wildcards.values(), key=lambda wildcard: (-wildcard.length, not wildcard.allow))

    def allows(self, path: str) -> bool:
        length, allow = self._longest_literal(path)
        for wildcard in self._wildcards:
            if wildcard.length < length:
                break
            if wildcard.matches(path):
                return wildcard.allow or (allow and wildcard.length == length)
        return allow

    def _longest_literal(self, path: str) -> tuple[int, bool]:
        if path in self._exact:
            return len(path) + 1, self._exact[path]
        size = len(path)
        for length in self._lengths:
            if length <= size and path[:length] in self._prefixes:
                return length, self._prefixes[path[:length]]
        return 0, True


def _with_index_pages(rules: Iterable[Rule]) -> Iterable[Rule]:
    """Allowing `/a/index.html` allows `/a/` too (robots.cc, HandleAllow)."""
    for pattern, allow in rules:
        yield pattern, allow
        slash = pattern.rfind("/")
        if allow and slash >= 0 and pattern.startswith("/index.htm", slash):
            yield pattern[: slash + 1] + "$", True
