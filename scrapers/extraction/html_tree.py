"""One HTML document, seen by CSS and by XPath alike: the tree that the HTML Standard's parser builds."""

import collections
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree
from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["HtmlTree", "NestedTooDeeply"]

_DEEPEST = 20_000
_MOST_ATTRIBUTES = 10_000
_LONG = 2 * _MOST_ATTRIBUTES  # the shortest that so many can be
_LONG_TAG = re.compile(rf"<[a-zA-Z][^<>]{{{_LONG - 1},}}")
_VOID = ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
_CLOSED_BY_THE_NEXT = [
    "p",
    "li",
    "dt",
    "dd",
    "option",
    "tr",
    "td",
    "th",
    "thead",
    "tbody",
    "tfoot",
    "a",
    "button",
    "h[1-6]",
]
_TAG = re.compile(rf"<(/?)(?!(?:{'|'.join(_VOID + _CLOSED_BY_THE_NEXT)})[\s/>])([a-zA-Z][^\s/>]*)")
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
        _refuse_attacks(html)
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


def _refuse_attacks(html: str) -> None:
    """Refuses markup on which the parser's time grows with the square of its length (100,000 open elements: 20 s).

    Raises:
      NestedTooDeeply: too many elements are open at once, or one has too many attributes.
    """
    if len(html) < _DEEPEST * len("<b>"):
        return
    if html.count("<") > _DEEPEST and _open_at_once(html) > _DEEPEST:
        raise NestedTooDeeply(f"elements are nested more than {_DEEPEST} deep")
    if any(len(tag.split()) > _MOST_ATTRIBUTES for part in _without_end(html) for tag in _LONG_TAG.findall(part)):
        raise NestedTooDeeply(f"an element has more than {_MOST_ATTRIBUTES} attributes")


def _without_end(html: str) -> Iterator[str]:
    """The long stretches without the end of a tag, found by a few leaps."""
    start = 0
    while len(html) - start > _LONG:
        end = html.rfind(">", start, start + _LONG)
        if end < 0:
            end = html.find(">", start + _LONG)
            end = len(html) if end < 0 else end
            yield html[start:end]
        start = end + 1


def _open_at_once(html: str) -> int:
    """About how many elements are open at the deepest place; an end tag closes nothing of another name."""
    open_of = collections.Counter[str]()
    depth = deepest = 0
    for closing, name in _TAG.findall(html):
        name = name.lower()
        if not closing:
            open_of[name] += 1
            depth += 1
            deepest = max(deepest, depth)
        elif open_of[name]:
            open_of[name] -= 1
            depth -= 1
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
