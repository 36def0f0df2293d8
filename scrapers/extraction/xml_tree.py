"""One XML document: feeds, sitemaps, answers of older interfaces."""

import functools
import re
from typing import Any

import cssselect
from lxml import etree

from scrapers.extraction.tolerant_body import BadDocument

__all__ = ["XmlTree", "inner_xml", "xml_text"]

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class XmlTree:
    """A parsed document. Names of its default namespace stand without one, others with the prefix it declares.

    Attributes:
      root: its outermost element.
    """

    __slots__ = ("_namespaces", "root")

    def __init__(self, text: str) -> None:
        parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, remove_blank_text=False)
        text = _NOT_XML.sub("", _DECLARATION.sub("", text.lstrip("\ufeff")))
        root = etree.fromstring(text.encode(), parser) if text.strip() else None
        if root is None:
            raise BadDocument("the body is no XML")
        self.root: Any = root
        self._namespaces: dict[str, str] = {}
        for element in root.iter(etree.Element):
            self._namespaces |= {prefix: name for prefix, name in element.nsmap.items() if prefix}
            if element.prefix is None and element.tag.startswith("{"):
                element.tag = etree.QName(element).localname

    def xpath(self, expression: str, node: Any) -> list[Any]:
        """What an XPath gives with `node` as its context; the document's own prefixes are known."""
        try:
            found = node.xpath(expression, namespaces=self._namespaces or None, smart_strings=False)
        except etree.XPathEvalError as error:
            if "prefix" in str(error):  # a namespace that this document does not use
                return []
            raise
        return found if isinstance(found, list) else [found]

    def css(self, query: str, node: Any) -> list[Any]:
        """The elements at and inside `node` that match; `media|title` names an element of a prefix."""
        return self.xpath(_as_xpath(query), node)


@functools.lru_cache(1024)
def _as_xpath(query: str) -> str:
    try:
        return cssselect.GenericTranslator().css_to_xpath(query, prefix="descendant-or-self::")
    except cssselect.SelectorError as error:
        raise ValueError(f"`{query}` is not a CSS selector for XML: {error}") from None


def xml_text(element: Any) -> str:
    """The whole text of an element, white space folded."""
    return " ".join(
        "".join(element.itertext(etree.Element, with_tail=True)).split()
        if len(element)
        else (element.text or "").split()
    )


def inner_xml(element: Any) -> str:
    """What stands between an element's tags."""
    children = (etree.tostring(child, encoding="unicode") for child in element)
    return (element.text or "") + "".join(children)
