"""What on a page is one item, and where each stands."""

from collections.abc import Callable
from typing import Any

from selectolax.lexbor import LexborNode

from scrapers.extraction import html_tables
from scrapers.extraction.css_query import select
from scrapers.extraction.document import Document
from scrapers.extraction.json_paths import Search, compile_jmes
from scrapers.extraction.nesting import refuse_nested
from scrapers.extraction.pieces import Cut
from scrapers.extraction.scope import Scope, page_scope
from scrapers.extraction.selectors import CompiledSelector
from scrapers.source_files.model import Items, Selector

__all__ = ["ItemFinder"]


class ItemFinder:
    """The `items` of a page type, compiled.

    Attributes:
      query: the CSS query of items that are nothing but elements of the page, so that columns can be read; else None.
    """

    def __init__(self, rule: Items) -> None:
        """Compiles. Raises ValueError for what cannot be read."""
        self._rule = rule
        self._where = CompiledSelector(rule.where) if rule.where is not None else None
        self._find = _tables(rule) if rule.table is not None else _matches(rule)
        self._cut = Cut(rule.split) if rule.split is not None else None
        self._kinds = [ItemFinder(kind) for kind in rule.any_ or ()]
        self._merge_key = compile_jmes(rule.merge) if rule.merge is not None else None
        named = {name for name in Items.model_fields if getattr(rule, name) is not None} - {"in_"}
        plain = CompiledSelector(Selector(css=rule.css)).plain if named == {"css"} and rule.in_ == "page" else None
        self.query = plain.query if plain is not None and plain.kind == "element" else None

    def nodes(self, document: Document) -> list[LexborNode]:
        """The items' elements, for an HTML page and a finder with a `query`."""
        assert self.query is not None
        return select(document.root, self.query) if isinstance(document.root, LexborNode) else []

    def places(self, document: Document) -> list[Scope]:
        """Where the items stand, in page order."""
        if self._kinds:
            found = next((places for kind in self._kinds if (places := kind.places(document))), [])
        else:
            found = self._found(document)
        if self._cut is not None:
            found = [piece for place in found for piece in self._cut.pieces(place)]
        if self._where is not None:
            found = [place for place in found if self._where.finds(place)]
        return _merged(found, self._merge_key) if self._merge_key is not None else found

    def _found(self, document: Document) -> list[Scope]:
        page = page_scope(document)
        looked_in = [page]
        if self._rule.in_ == "comments":
            looked_in += [Scope(document, tree.root, tree) for tree in document.commented]
        return [place for look in looked_in for place in self._find(look)]


def _merged(places: list[Scope], key: Search) -> list[Scope]:
    """Items of JSON with the same key as one: what the first leaves out or empty, the others add."""
    kept: list[Scope] = []
    by_key: dict[str, Scope] = {}
    for place in places:
        value = key(place.node) if isinstance(place.node, dict) else None
        first = by_key.setdefault(" ".join(str(value).split()), place) if value else place
        if first is place:
            kept.append(place)
        else:
            first.node = {
                **place.node,
                **{name: had for name, had in first.node.items() if had or name not in place.node},
            }
    return kept


def _matches(rule: Items) -> Callable[[Scope], list[Scope]]:
    named: dict[str, Any] = {
        name: getattr(rule, name) for name in ("css", "xpath", "jmes", "jsonld", "microdata", "from_", "xhr")
    }
    selector = CompiledSelector(Selector.model_construct(**named, re=rule.re))
    if rule.re is None:
        return selector.scopes
    return lambda look: [look.at(text) for text in selector.values(look) if text is not None]


def _tables(rule: Items) -> Callable[[Scope], list[Scope]]:
    assert rule.table is not None
    css = rule.table.css if rule.table.css or rule.table.xpath else "table"
    selector = CompiledSelector(Selector(css=css, xpath=rule.table.xpath, from_=rule.from_))

    def find(look: Scope) -> list[Scope]:
        tables = [place for place in selector.scopes(look) if isinstance(place.node, LexborNode)]
        refuse_nested([place.node for place in tables])
        inner = [
            (place, place.node if place.node.tag == "table" else place.node.css_first("table")) for place in tables
        ]
        return [place.at(row) for place, table in inner if table is not None for row in html_tables.rows(table).rows]

    return find
