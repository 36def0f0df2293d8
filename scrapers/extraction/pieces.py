"""Items that no element holds: what stands between line breaks, or from one heading to the next."""

from selectolax.lexbor import LexborNode

from scrapers.extraction.css_query import parse_css, select
from scrapers.extraction.html_tables import TableRow
from scrapers.extraction.html_tree import HtmlTree
from scrapers.extraction.scope import Scope

__all__ = ["Cut"]

_HERE = "\ue000cut here\ue000"
_SEPARATORS = frozenset(("br", "hr"))


class Cut:
    """The `split` of items.

    Each element that it selects begins an item of its own, with all that follows up to the next; what stands before the
    first of them counts only where they are line breaks or rules (`br`, `hr`), which part two items.
    """

    def __init__(self, css: str) -> None:
        """Compiles. Raises ValueError for what is no CSS selector of elements."""
        members = parse_css(css)
        if len(members) != 1 or members[0].kind != "element":
            raise ValueError(f"`split: {css}`: expected a CSS selector of elements, without ::text and ::attr")
        self._query = members[0].query

    def pieces(self, place: Scope) -> list[Scope]:
        """The pieces of an element, each a small document of its own; of what is no HTML element, itself."""
        node = place.node.node if isinstance(place.node, TableRow) else place.node
        if not isinstance(node, LexborNode):
            return [place]
        marks = select(node, self._query)
        if not marks:
            return [place]
        before, *parts = _cut(node, marks)
        if marks[0].tag in _SEPARATORS:
            parts.insert(0, before)
        trees = [HtmlTree(part) for part in parts if part.strip()]
        return [Scope(place.document, tree.root.css_first("body") or tree.root, tree) for tree in trees]


def _cut(node: LexborNode, marks: list[LexborNode]) -> list[str]:
    """The element's content, cut before each mark; an element that is open there is closed and not opened again."""
    for mark in marks:
        mark.insert_before(_HERE)
    html = node.inner_html or ""
    for mark in marks:
        inserted = mark.prev
        if inserted is not None:
            inserted.decompose()
    return html.split(_HERE)
