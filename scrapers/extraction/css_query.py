"""CSS as parsel writes it: `::text` and `::attr(name)` at the end of any selector of a comma list."""

import dataclasses
import functools
import re
from typing import Literal

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

__all__ = ["CssQuery", "parse_css", "select"]

Kind = Literal["element", "text", "attr"]
_PSEUDO = re.compile(r"::\s*(?:(text)|attr\(\s*([^)\s]+)\s*\))\s*$", re.IGNORECASE)
_TOP_LEVEL = re.compile(r"""\\.|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\[\](),]|[^\\"'\[\](),]+""", re.DOTALL)
_SCOPE = "data-scrapeline-scope"
_LEADING = re.compile(r"^\s*[>+~]")
_SCOPE_NAME = re.compile(r":scope(?![\w-])")
_CONTAINS = re.compile(r":contains\(")
_SIMPLE_NAME = re.compile(r"[a-z][a-z0-9_-]*")


@dataclasses.dataclass(frozen=True, slots=True)
class CssQuery:
    """One member of a comma list.

    Attributes:
      query: what selects elements.
      kind: what is taken of each of them.
      name: of the attribute, in lower case as HTML has it.
    """

    query: str
    kind: Kind = "element"
    name: str = ""

    @property
    def is_scoped(self) -> bool:
        """Whether it begins at the element that it is asked of (`:scope`, a leading combinator)."""
        return _SCOPE in self.query


@functools.lru_cache(4096)
def parse_css(css: str) -> tuple[CssQuery, ...]:
    """The members of a comma list, neighbours of one kind joined again.

    >>> parse_css("h1, h2")
    (CssQuery(query='h1, h2', kind='element', name=''),)
    >>> parse_css("p ::text")
    (CssQuery(query='p *', kind='text', name=''),)

    Raises:
      ValueError: it is no CSS selector, or one that no parser here understands.
    """
    members: list[CssQuery] = []
    for part in _split(css):
        member = _member(part)
        if members and (members[-1].kind, members[-1].name) == (member.kind, member.name):
            member = dataclasses.replace(member, query=f"{members.pop().query}, {member.query}")
        members.append(member)
    for member in members:
        _check(css, member.query)
    return tuple(members)


def select(node: LexborNode, query: str) -> list[LexborNode]:
    """The elements at and inside `node` that match, in page order, each once; ancestors may stand outside of it."""
    if _SCOPE in query:
        return _select_in_scope(node, query)
    found: list[LexborNode] = node.css(query)
    if "," not in query or len(found) < 2:
        return found
    return list({one.mem_id: one for one in found}.values())  # lexbor gives a node once for each member that matches


def _select_in_scope(node: LexborNode, query: str) -> list[LexborNode]:
    node.attrs[_SCOPE] = ""  # lexbor knows neither :scope nor a leading combinator
    try:
        found: list[LexborNode] = node.css(query)
    finally:
        del node.attrs[_SCOPE]
    return list({one.mem_id: one for one in found}.values())


def _split(css: str) -> list[str]:
    parts, depth = [""], 0
    for piece in _TOP_LEVEL.findall(css):
        depth += (piece in ("[", "(")) - (piece in ("]", ")"))
        if piece == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def _member(part: str) -> CssQuery:
    pseudo = _PSEUDO.search(part)
    query = part[: pseudo.start()] if pseudo else part
    if _LEADING.match(query):
        query = f":scope {query}"
    query = _CONTAINS.sub(":lexbor-contains(", _SCOPE_NAME.sub(f"[{_SCOPE}]", query)).lstrip()
    if pseudo is None:
        return CssQuery(query.strip())
    name = (pseudo[2] or "").strip("\"'").lower()
    if not query or query[-1] in " \t\n>+~":
        query += f"[{name}]" if name and _SIMPLE_NAME.fullmatch(name) else "*"
    return CssQuery(query, "attr" if name else "text", name)


def _check(css: str, query: str) -> None:
    try:
        LexborHTMLParser("<p>").css(query)
    except SelectolaxError:
        raise ValueError(f"`{css}` is not a CSS selector that can be read") from None
