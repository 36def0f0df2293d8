"""What a page is built of, without anything that it says: signs by which two runs of a source can be compared.

Of HTML and XML: `ul>li` (an element in another), `li.card` (a class), `a[href]` (an attribute). Of JSON: `data[].price`
(a key, and the way to it). Names that look made up by a machine (with a digit in them, or long) are left out, and so
are scripts, styles and drawings; keys of JSON that are no names, but values, are `*`.
"""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree
from selectolax.lexbor import LexborNode

from schemas.page import Page
from schemas.skeleton import some_of
from scrapers.extraction.document import Document

__all__ = ["Sampling", "signs_of"]

MOST_OF_A_PAGE = 300
"""Signs. A page of a large shop has 100 to 400."""

MOST_LOOKED_AT = 3_000
"""Elements or values of a page, from its top: 3 ms a thousand."""

_MOST_KEYS = 60
_MOST_OF_A_LIST = 100
_DEEPEST_PATH = 10
_MANY = 10_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z_-]{0,39}")
_TAG = re.compile(r"[a-z][a-z0-9_:.-]{0,39}", re.IGNORECASE)
_PASSED_OVER = frozenset({"script", "style", "link", "svg", "noscript", "template", "br", "wbr"})


def signs_of(document: Document) -> tuple[str, ...]:
    """The signs of a page that has been read, sorted; none of a text.

    >>> html = b"<ul><li class='card x1'><a href='/1'>One</a></li></ul>"
    >>> signs_of(Document(Page(None, 200, "", (), html, 0.0)))
    ('a[href]', 'body>ul', 'html>body', 'html>head', 'li.card', 'li>a', 'ul>li')
    """
    root = document.root
    if isinstance(root, dict | list):
        found = set(_of_json(root))
    elif isinstance(root, LexborNode):
        found = set(_of_html(root))
    elif isinstance(root, etree._Element):
        found = set(_of_xml(root))
    else:
        found = set()
    return tuple(some_of(found, MOST_OF_A_PAGE))


class Sampling:
    """Chooses which pages' signs are taken: of each page type of an execution the 1st, 2nd, 4th, 8th, 16th, ... that
    this process reads. So small runs are looked at well, and large ones cost nothing: 17 pages of 100,000."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], int] = {}

    def __call__(self, page: Page) -> bool:
        name = page.request.execution_id, page.request.page_type
        number = self._read.get(name, 0) + 1
        if number == 1 and len(self._read) >= _MANY:
            self._read.clear()
        self._read[name] = number
        return number & (number - 1) == 0


def _of_html(root: LexborNode) -> Iterator[str]:
    todo: list[tuple[LexborNode | None, str]] = [(root, "")]
    left = MOST_LOOKED_AT
    while todo and left:
        node, parent = todo.pop()
        if node is None:
            continue
        if parent:
            todo.append((node.next, parent))
        name = node.tag or ""
        if not node.is_element_node or name in _PASSED_OVER:
            continue
        left -= 1
        tag = name if _TAG.fullmatch(name) else "*"
        if parent:
            yield f"{parent}>{tag}"
        attributes = node.attributes
        if attributes:
            yield from _of_attributes(tag, attributes)
        todo.append((node.first_child, tag))


def _of_attributes(tag: str, attributes: dict[str, str | None]) -> Iterator[str]:
    for name, value in attributes.items():
        if name == "class":
            for one in (value or "").split():
                if _NAME.fullmatch(one):
                    yield f"{tag}.{one}"
        elif _NAME.fullmatch(name):
            yield f"{tag}[{name}]"


def _of_xml(root: Any) -> Iterator[str]:
    for number, element in enumerate(root.iter(etree.Element)):
        if number >= MOST_LOOKED_AT:
            return
        parent = element.getparent()
        tag = _xml_name(element)
        if parent is not None:
            yield f"{_xml_name(parent)}>{tag}"
        yield from (f"{tag}[{name}]" for name in map(str, element.attrib) if _NAME.fullmatch(name))


def _xml_name(element: Any) -> str:
    name = etree.QName(element).localname
    name = f"{element.prefix}:{name}" if element.prefix else name
    return name if _TAG.fullmatch(name) else "*"


def _of_json(root: Any) -> Iterator[str]:
    todo: list[tuple[str, list[Any], int]] = [("", [root], 0)]  # what stands at one path is looked at together
    left = MOST_LOOKED_AT
    while todo and left:
        path, values, depth = todo.pop()
        if depth > _DEEPEST_PATH:
            continue
        values = values[:left]
        left -= len(values)
        by_keys: dict[tuple[str, ...], list[Any]] = {}  # records of a list have the same keys, nearly all of them
        inside: list[Any] = []
        is_list = False
        for value in values:
            if type(value) is dict:
                by_keys.setdefault(tuple(value), []).append(value)
            else:
                is_list = True
                inside += [one for one in value[:_MOST_OF_A_LIST] if type(one) is dict or type(one) is list]
        if is_list:
            yield f"{path}[]"
        if inside:
            todo.append((f"{path}[]", inside, depth + 1))
        for keys, records in by_keys.items():
            name_of = _key_name if len(keys) <= _MOST_KEYS else _no_name
            for key in keys[:left]:
                name = f"{path}.{name_of(key)}".lstrip(".")
                yield name
                column = [one for record in records if type(one := record[key]) is dict or type(one) is list]
                if column:
                    todo.append((name, column, depth + 1))


def _key_name(key: str) -> str:
    """The key, or `*` for what is no name: a number, an address, a date."""
    return key if _NAME.fullmatch(key) else "*"


def _no_name(_key: str) -> str:
    """An object of very many keys is a list of things by their names."""
    return "*"
