"""One HTML document, seen by CSS and by XPath alike: the tree that the HTML Standard's parser builds."""

import re
from typing import Any

from lxml import etree
from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["HtmlTree", "NestedTooDeeply"]

_DEEPEST = 20_000
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_VOID = ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
_CLOSED_BY_THE_NEXT = ["p", "li", "dt", "dd", "option", "tr", "td", "th", "thead", "tbody", "tfoot", "path", "circle"]
_NEVER_DEEP = frozenset(_VOID + _CLOSED_BY_THE_NEXT)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_A_NAME = re.compile(r"[^\w.:@-]")


class NestedTooDeeply(ValueError):
    """The markup is an attack or a fault of its generator; no browser shows such a page either."""


class HtmlTree:
    """A parsed page. Nodes handed out stay valid as long as the tree is held.

    Attributes:
      root: the `html` element.
    """

    __slots__ = ("_elements", "_nodes", "root")

    def __init__(self, html: str) -> None:
        if len(html) > _DEEPEST * len("<b>") and html.count("<") > _DEEPEST and _depth(html) > _DEEPEST:
            raise NestedTooDeeply(f"elements are nested more than {_DEEPEST} deep")
        root = LexborHTMLParser(html).root
        assert root is not None  # also of no markup at all: a document always has its html element
        self.root: LexborNode = root
        self._elements: dict[int, Any] | None = None
        self._nodes: dict[Any, LexborNode] = {}

    def xpath(self, expression: etree.XPath, node: LexborNode) -> list[Any]:
        """What an expression gives with `node` as its context: nodes, texts, numbers, booleans."""
        if self._elements is None:
            self._elements = self._twin()
        found = expression(self._elements[node.mem_id])
        if not isinstance(found, list):
            return [found]
        return [self._nodes.get(one, one) if isinstance(one, etree._Element) else one for one in found]

    def _twin(self) -> dict[int, Any]:
        """Builds the same tree for lxml; a template's content stands in neither view, as in a browser."""
        make = etree.HTMLParser().makeelement  # elements of an HTML document may have names that XML forbids
        root = _element(make, self.root)
        elements = {self.root.mem_id: root}
        self._nodes[root] = self.root
        todo: list[tuple[LexborNode | None, Any]] = [(self.root.first_child, root)]
        while todo:
            node, parent = todo.pop()
            if node is None:
                continue
            todo.append((node.next, parent))
            text = node.text_content
            if text is not None:
                _append_text(parent, text)
                continue
            if not (node.is_element_node or node.is_comment_node):
                continue
            element = _comment(node) if node.is_comment_node else _element(make, node)
            parent.append(element)
            elements[node.mem_id] = element
            self._nodes[element] = node
            if node.is_element_node:
                todo.append((node.first_child, element))
        return elements


def _depth(html: str) -> int:
    """About how deep the elements are nested; the parser's time grows with the square of it (100,000: 20 s)."""
    depth = deepest = 0
    for closing, name in _TAG.findall(html):
        if name.lower() in _NEVER_DEEP:
            continue
        depth += -1 if closing and depth else 1 if not closing else 0
        deepest = max(deepest, depth)
    return deepest


def _element(make: Any, node: LexborNode) -> Any:
    name = node.tag or "unknown"
    try:
        element = make(name)
    except ValueError:
        element = make(_NOT_A_NAME.sub("_", name))
    for name, value in node.attributes.items():
        try:
            element.set(name, value or "")
        except (ValueError, UnicodeEncodeError):
            element.set(_NOT_A_NAME.sub("_", name) or "_", _NOT_XML.sub("", value or ""))
    return element


def _comment(node: LexborNode) -> Any:
    comment = etree.Comment()
    comment.text = _NOT_XML.sub("", node.comment_content or "")
    return comment


def _append_text(parent: Any, text: str) -> None:
    last = parent[-1] if len(parent) else None
    before = (parent.text if last is None else last.tail) or ""
    try:
        _set_text(parent, last, before + text)
    except (ValueError, UnicodeEncodeError):
        _set_text(parent, last, before + _NOT_XML.sub("", text))


def _set_text(parent: Any, last: Any, text: str) -> None:
    if last is None:
        parent.text = text
    else:
        last.tail = text
