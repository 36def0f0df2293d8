"""Where selectors look: an item of a page, or what `from` names instead."""

from collections.abc import Callable
from typing import Any

from selectolax.lexbor import LexborNode

from scrapers.extraction.document import Document, Tree
from scrapers.extraction.html_tables import TableRow
from scrapers.extraction.html_tree import HtmlTree
from scrapers.source_files.url_patterns import compile_pattern

__all__ = ["Elsewhere", "Scope", "elsewhere", "page_scope"]


class Scope:
    """What a selector is relative to.

    Attributes:
      node: an HTML or XML element, a table row, a JSON value or a text.
      fields: the item's fields that are read already, for templates.
    """

    __slots__ = ("_tree", "document", "fields", "node")

    def __init__(self, document: Document, node: Any, tree: Tree | None = None) -> None:
        self.document = document
        self.node = node
        self._tree = tree
        self.fields: dict[str, Any] = {}

    @property
    def tree(self) -> Tree:
        """The tree that `node` stands in."""
        if self._tree is None:
            self._tree = self.document.tree
        return self._tree

    def at(self, node: Any) -> "Scope":
        """The same place in the same document, at another node."""
        return Scope(self.document, node, self._tree)

    def markup(self) -> "Scope | None":
        """This place as an element; a text is parsed as HTML, other JSON has no elements."""
        node = self.node
        if isinstance(node, TableRow):
            return self.at(node.node)
        if isinstance(node, str):
            tree = HtmlTree(node)
            return Scope(self.document, tree.root, tree)
        return None if node is None or isinstance(node, dict | list | int | float) else self

    @property
    def is_page(self) -> bool:
        """Whether this is the page as a whole, or something that has no markup of its own."""
        return not isinstance(self.node, LexborNode) or self.node is self.document.root


Elsewhere = Callable[[Scope], list[Scope]]


def page_scope(document: Document) -> Scope:
    """The page as one item."""
    return Scope(document, document.root)


def elsewhere(name: str | None, xhr: str | None = None) -> Elsewhere | None:
    """Where `from: name` looks; None for the item itself.

    Args:
      xhr: a URL pattern: of the answers that the page fetched for itself, only these.
    """
    if name in (None, "item"):
        return None
    if name == "xhr" and xhr is not None:
        pattern = compile_pattern(xhr)
        return lambda scope: [scope.at(value) for url, value in scope.document.fetched if pattern.match(url)]
    return _PLACES[str(name)]


def _comments(scope: Scope) -> list[Scope]:
    return [Scope(scope.document, tree.root, tree) for tree in scope.document.commented]


_PLACES: dict[str, Elsewhere] = {
    "page": lambda scope: [page_scope(scope.document)],
    "url": lambda scope: [scope.at(scope.document.page.url)],
    "params": lambda scope: [scope.at(dict(scope.document.page.request.params))],
    "headers": lambda scope: [scope.at(scope.document.headers)],
    "script": lambda scope: [scope.at(value) for value in scope.document.scripts],
    "comments": _comments,
    "xhr": lambda scope: [scope.at(value) for _, value in scope.document.fetched],
}
