"""robots.txt: what RFC 9309 and Google's reference parser (github.com/google/robotstxt, robots.cc) make of a file.

The file is read once; the rules of an agent are compiled at its first question, so that a question costs microseconds.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from scrapers.fetching.robots_rules import Matcher, Rule, path_of

__all__ = ["ALLOW_ALL", "DISALLOW_ALL", "RobotsRules", "robots_token", "rules_for_response"]

MAX_BYTES = 500 * 1024
"""What is parsed of a file: RFC 9309, 2.5, asks for at least 500 KiB."""

_MAX_LINE_BYTES = 2083 * 8 - 1  # robots.cc: eight times the longest URL of old browsers; the rest of a line is ignored
_ENDS = re.compile(rb"\r\n|\r|\n")
_ESCAPES = re.compile(rb"%[0-9a-fA-F]{2}|[\x80-\xff]")
_PRODUCT = re.compile(r"[A-Za-z_-]+")
_COMPATIBLE = re.compile(r"\(compatible;\s*([A-Za-z_-]+)", re.IGNORECASE)
_TYPOS = {  # robots.cc: kAllowFrequentTypos
    "agent": (b"user-agent", b"useragent", b"user agent"),
    "allow": (b"allow",),
    "disallow": (b"disallow", b"dissallow", b"dissalow", b"disalow", b"diasllow", b"disallaw"),
    "sitemap": (b"sitemap", b"site-map"),
    "delay": (b"crawl-delay", b"crawldelay", b"crawl delay"),
}
_KEYS = tuple((spelling, kind) for kind, spellings in _TYPOS.items() for spelling in spellings)


class Line(NamedTuple):
    kind: str
    value: bytes


def _strip(text: bytes) -> bytes:
    """Without white space at both ends, the non-breaking kind that editors paste included."""
    if text.isascii():
        return text.strip()
    return text.decode("utf-8", "surrogateescape").strip().encode("utf-8", "surrogateescape")


def _lines(body: bytes) -> Iterator[Line]:
    for raw in _ENDS.split(body):
        line = _strip(raw[:_MAX_LINE_BYTES].partition(b"\0")[0].partition(b"#")[0])
        key, colon, value = line.partition(b":")
        if not colon:  # some people forget the colon: two words are then key and value
            words = re.split(rb"[ \t]+", line)
            if len(words) != 2:
                continue
            key, value = words
        lowered = key.strip().lower()
        kind = next((kind for spelling, kind in _KEYS if lowered.startswith(spelling)), None)
        if kind:
            yield Line(kind, _strip(value))


def _agent(value: bytes) -> str:
    """`*` for everybody, else the letters, `-` and `_` that the value starts with, in lower case."""
    if value[:1] == b"*" and (len(value) == 1 or value[1:2].isspace()):
        return "*"
    match = _PRODUCT.match(value.decode("latin-1"))
    return match[0].lower() if match else ""


def _pattern(value: bytes) -> str:
    """A path pattern with octets above 127 percent-encoded and percent-encodings in capitals."""
    escaped = _ESCAPES.sub(lambda m: b"%%%02X" % m[0][0] if len(m[0]) == 1 else m[0].upper(), value)
    return escaped.decode("ascii")


def _seconds(value: bytes) -> float | None:
    match = re.match(rb"\d+(\.\d+)?|\.\d+", value)
    return min(float(match[0]), 86_400.0) if match else None


def _as_utf8(body: bytes) -> bytes:
    """Without a byte order mark; that of UTF-16 is believed, although robots.cc would find no rule in such a file."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace").encode()
    for length in (3, 2, 1):  # robots.cc skips a cut mark as well
        if body[:length] == b"\xef\xbb\xbf"[:length]:
            return body[length:]
    return body


def _cut(body: bytes) -> bytes:
    if len(body) < MAX_BYTES:  # a body of exactly so many may have been cut by whoever fetched it
        return body
    end = max(body.rfind(b"\n", 0, MAX_BYTES), body.rfind(b"\r", 0, MAX_BYTES))
    return body[: end + 1] if end >= 0 else body[:MAX_BYTES]


class _Reader:
    """Sorts the lines of a file into groups. `*` among a group's agents stands for all that are named nowhere."""

    def __init__(self) -> None:
        self.groups: dict[str, list[list[Rule]]] = {}
        self.delays: dict[str, float] = {}
        self.sitemaps: dict[str, None] = {}
        self._rules: list[Rule] = []
        self._agents: set[str] = set()
        self._open = True  # to more agents: no rule has come yet
        self._named: list[str] = []  # the agents just above

    def agent(self, value: bytes) -> None:
        agent = _agent(value)
        if not self._open:
            self._rules, self._agents, self._named, self._open = [], set(), [], True
        if agent not in self._agents:
            self._agents.add(agent)
            self.groups.setdefault(agent, []).append(self._rules)
        self._named.append(agent)

    def rule(self, value: bytes, allow: bool) -> None:
        if self._agents:
            self._rules.append((_pattern(value), allow))
            self._open = False

    def delay(self, value: bytes) -> None:
        """Does not end a group (RFC 9309, 2.2.4), but is meant for the agents above it, not for those still to come."""
        seconds = _seconds(value)
        if seconds is None:
            return
        for agent in self._named:
            self.delays[agent] = max(seconds, self.delays.get(agent, 0.0))
        self._named = []


class RobotsRules:
    """The rules of one host.

    Attributes:
      sitemaps: as listed, in order, each once.
    """

    def __init__(self, groups: Mapping[str, list[list[Rule]]], delays: Mapping[str, float], sitemaps: tuple[str, ...]):
        self._groups = groups
        self._delays = delays
        self._matchers: dict[str, Matcher] = {}
        self.sitemaps = sitemaps

    @classmethod
    def parse(cls, body: bytes) -> "RobotsRules":
        """Reads a file; never raises, whatever its bytes. A page of HTML has no group, so it allows all."""
        reader = _Reader()
        for kind, value in _lines(_cut(_as_utf8(body))):
            if kind == "agent":
                reader.agent(value)
            elif kind == "sitemap":
                reader.sitemaps[value.decode("utf-8", "replace")] = None
            elif kind == "delay":
                reader.delay(value)
            else:
                reader.rule(value, kind == "allow")
        return cls(reader.groups, reader.delays, tuple(filter(None, reader.sitemaps)))

    def _name(self, agent: str) -> str:
        """Under which name the file speaks of an agent."""
        agent = agent.lower()
        return agent if agent in self._groups else "*"

    def allowed(self, url: str, agent: str) -> bool:
        """Whether an agent may fetch a URL.

        Args:
          url: as it is sent, percent-encoded.
          agent: a product token, see `robots_token`.
        """
        matcher = self._matchers.get(agent)
        if matcher is None:
            groups = self._groups.get(self._name(agent), ())
            matcher = self._matchers[agent] = Matcher(rule for rules in groups for rule in rules)
        return matcher.allows(path_of(url))

    def crawl_delay(self, agent: str) -> float | None:
        """Seconds between requests that the agent's own group asks for, else that of `*`; None when it does not say."""
        return self._delays.get(self._name(agent))


ALLOW_ALL = RobotsRules({}, {}, ())
DISALLOW_ALL = RobotsRules({"*": [[("/", False)]]}, {}, ())


def rules_for_response(status: int | None, body: bytes = b"") -> RobotsRules:
    """The rules that an answer to GET /robots.txt stands for.

    2xx is parsed. 3xx that is left after the redirects one follows, and 4xx, mean that there are no rules (RFC 9309,
    2.3.1.2 and 2.3.1.3). 5xx and no answer at all forbid everything until the next try (2.3.1.4). So does 429: it is no
    statement on rules but a host asking for less, and Google reads it as a server error too
    (developers.google.com/search/docs/crawling-indexing/robots/robots_txt, "Handling of errors and HTTP status codes").

    Args:
      status: None when the host could not be reached.
    """
    if status is None or status == 429 or status >= 500 or status < 200:
        return DISALLOW_ALL
    return RobotsRules.parse(body) if status < 300 else ALLOW_ALL


def robots_token(user_agent: str) -> str:
    """The product token that a user agent answers to in robots.txt (RFC 9309, 2.2.1): letters, `-` and `_`.

    >>> robots_token("Scrapeline/1.0 (+https://scrapeline.example)")
    'scrapeline'
    >>> robots_token("Mozilla/5.0 (compatible; ShopBot/2.1; +https://shop.example/bot)")
    'shopbot'
    """
    match = _COMPATIBLE.search(user_agent)
    token = match[1] if match else getattr(_PRODUCT.match(user_agent), "group", str)()
    return token.lower()
