"""What to call a place of a card: what the page itself calls it, else what kind of value it holds."""

import re
from collections.abc import Collection

from scrapers.proposal.field_names import snake_case, words_of
from scrapers.proposal.outline import Element
from scrapers.proposal.slots import Slot

__all__ = ["name_slot"]

_MEANINGS = {
    "title": "title headline heading",
    "name": "name",
    "image": "img image thumb thumbnail photo picture poster cover",
    "price": "price prices amount",
    "author": "author byline writer",
    "date": "date datetime published pubdate posted day",
    "time": "time hour hours",
    "description": "desc description",
    "summary": "summary excerpt teaser intro abstract snippet",
    "rating": "rating ratings stars star score",
    "reviews": "reviews review votes",
    "location": "location venue place where",
    "address": "address street",
    "city": "city",
    "category": "category categories section",
    "tags": "tags keywords",
    "tag": "tag",
    "availability": "availability stock",
    "brand": "brand manufacturer vendor",
    "sku": "sku",
    "status": "status",
    "text": "quote",
    "phone": "phone tel telephone",
    "email": "email",
    "company": "company employer",
    "salary": "salary",
    "duration": "duration length",
    "comments": "comments",
    "points": "points",
    "rank": "rank",
}
_MEANING_OF = {word: meaning for meaning, words in _MEANINGS.items() for word in words.split()}
_NOISE = frozenset(
    [
        "item",
        "items",
        "card",
        "cards",
        "list",
        "block",
        "wrapper",
        "wrap",
        "inner",
        "outer",
        "box",
        "container",
        "content",
        "contents",
        "field",
        "views",
        "view",
        "entry",
        "post",
        "body",
        "main",
        "col",
        "row",
        "grid",
        "cell",
        "text",
        "txt",
        "value",
        "link",
        "links",
        "a",
        "the",
        "js",
        "css",
        "is",
        "has",
        "data",
        "label",
        "info",
        "meta",
        "details",
        "detail",
        "article",
        "product",
        "module",
        "left",
        "right",
        "top",
        "bottom",
        "small",
        "large",
        "big",
        "xs",
        "sm",
        "md",
        "lg",
        "xl",
        "hdr",
        "header",
        "footer",
        "btn",
        "flex",
        "block",
        "inline",
        "wrapper",
        "element",
        "component",
        "area",
        "column",
        "section",
        "media",
        "node",
        "type",
        "color",
        "colour",
        "default",
        "primary",
        "secondary",
        "clearfix",
        "span",
        "div",
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "et",
        "pb",
        "wp",
        "elementor",
    ]
)
_LONGEST_SAID = 25  # characters of a link's text that says what it leads to in every card: `Agenda`
_MORE = re.compile(r"more|detail|here|view|read|see|open|show|visit|continue|about|link|buy|shop|book|apply")
_STOCK = re.compile(r"^(?:in stock|out of stock|sold out|available|unavailable|auf lager|en stock)\b", re.IGNORECASE)
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])


def name_slot(slot: Slot, card: Element, convert: str | None) -> str:
    """A name by, in this order: itemprop, the label beside it, classes, kind of element, kind of value."""
    element = slot.sample
    named = _by_class(element, card) or (_by_class_of_list(element, card) if slot.is_list else "")
    base = _declared(slot, element) or snake_case(slot.label) or named or _by_element(element, card)
    if slot.attribute in ("href", "data-href", "data-url"):
        return _link_name(slot, base, card)
    if element.tag == "img":
        return "image" if slot.attribute != "alt" else "image_text"
    if convert == "price" and base in ("", "text", "title"):
        return "price"
    if slot.attribute == "datetime" or element.tag == "time":
        return base if base and base != "text" else "date"
    if base in ("", "text") and all(_STOCK.search(value) for value in slot.firsts):
        return "availability"
    return base or "text"


def _declared(slot: Slot, element: Element) -> str:
    if slot.attribute.startswith("data-"):
        return snake_case(slot.attribute[len("data-") :])
    declared = (element.node.attributes.get("itemprop") or "").split()
    return snake_case(declared[0]) if declared else ""


def _by_class(element: Element, card: Element) -> str:
    """From its own classes, else from those of the elements around it that hold nothing else."""
    known = {word for name in card.classes for word in words_of(name)}
    for each in (element, *_wrappers(element, card)):
        name = _word_of(each.classes, known)
        if name:
            return name
    return ""


def _by_class_of_list(element: Element, card: Element) -> str:
    """`<ul class=tags><li>`: what the entries of a list are called stands on the list."""
    known = {word for name in card.classes for word in words_of(name)}
    return _word_of(element.parent.classes, known) if element.parent is not None and element.parent is not card else ""


def _wrappers(element: Element, card: Element) -> list[Element]:
    above = []
    for each in element.ancestors():
        if each is card or len(each.children) > 1 or each.tag in _HEADINGS:
            break
        above.append(each)
    return above


def _word_of(classes: Collection[str], known: Collection[str]) -> str:
    spoken = [[word for word in words_of(name) if not word.isdigit()] for name in classes]
    for words in spoken:
        for word in reversed(words):
            if word in _MEANING_OF:
                return _MEANING_OF[word]
    for words in spoken:
        rest = [word for word in words if word not in _NOISE and word not in known and len(word) > 2]
        if rest:
            return "_".join(rest[-2:])
    return ""


def _by_element(element: Element, card: Element) -> str:
    around = (element, *_wrappers(element, card), *([element.parent] if element.parent is not None else []))
    if any(each.tag in _HEADINGS for each in around if each is not card):
        return "title"
    return {"time": "date", "p": "text", "blockquote": "text", "address": "address", "a": "title"}.get(element.tag, "")


def _link_name(slot: Slot, base: str, card: Element) -> str:
    """`url` for the link of the card itself; what it leads to, with `_url`, for the others."""
    element = slot.sample
    texts = {elements[0].text for elements in slot.elements if elements}
    said = snake_case(texts.pop()) if len(texts) == 1 and len(slot.elements) > 1 else ""
    if said and len(said) <= _LONGEST_SAID and not _MORE.search(said) and said.replace("_", "").isalpha():
        return f"{said}_url"
    if element is card or base in ("", "title", "name", "image", "url", "text") or element.tag in _HEADINGS:
        return "url"
    return base if base.endswith("url") else f"{base}_url"
