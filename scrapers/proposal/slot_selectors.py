"""The shortest CSS selector that finds a place in every card, and nothing else where the place is empty."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode, SelectolaxError

from scrapers.proposal.outline import Element
from scrapers.proposal.slots import Slot

__all__ = ["class_selector", "selector_of"]

_IDENTIFIER = re.compile(r"-?[A-Za-z_][A-Za-z0-9_-]*")
_TELLING_TAGS = frozenset(
    [
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "time",
        "img",
        "address",
        "blockquote",
        "figcaption",
        "cite",
        "dd",
        "dt",
        "article",
        "meta",
        "data",
    ]
)


def selector_of(slot: Slot, cards: list[Element]) -> str | None:
    """A selector relative to the card, with `::attr(name)` for an attribute; None when none tells it apart."""
    suffix = f"::attr({slot.attribute})" if slot.attribute else ""
    if not slot.path:
        return suffix or ":scope"
    for selector in _choices(slot):
        if _finds(selector, slot, cards):
            return selector + suffix
    return None


def class_selector(element: Element) -> str:
    """`tag.class` by the class that it shares with its like; the tag alone when it has none that can be written."""
    name = element.label.partition(".")[2]
    return f"{element.tag}.{name}" if _IDENTIFIER.fullmatch(name) else element.tag


def _choices(slot: Slot) -> Iterator[str]:
    """From the plainest to the most exact."""
    element = slot.sample
    declared = (element.node.attributes.get("itemprop") or "").split()
    if declared and _IDENTIFIER.fullmatch(declared[0]):
        yield f"[itemprop={declared[0]}]"
    if slot.position == 0:
        if element.tag in _TELLING_TAGS and "." not in element.label:
            yield element.tag
        yield from (f".{name}" for name in element.classes if _IDENTIFIER.fullmatch(name))
        yield element.tag
        yield class_selector(element)
    yield from _with_parents(slot, element)


def _with_parents(slot: Slot, element: Element) -> Iterator[str]:
    """`h3 > a`, `.price > span`, then the whole way down from the card; with a position where there is one."""
    chain = [element]
    depth = slot.path.count("/") + 1
    while len(chain) < depth and chain[-1].parent is not None:
        chain.append(chain[-1].parent)
    own = _step(element, slot.position)
    for above in chain[1:]:
        joint = " > " if above is element.parent else " "
        yield f"{class_selector(above)}{joint}{own}"
    if slot.position:
        yield own
        yield " > ".join([*map(class_selector, reversed(chain[1:])), _by_place(element)])
    yield " > ".join([*map(class_selector, reversed(chain[1:])), own])
    yield " > ".join(map(_by_place, reversed(chain)))


def _step(element: Element, position: int) -> str:
    selector = class_selector(element)
    return f"{selector}:nth-of-type({position})" if position else selector


def _by_place(element: Element) -> str:
    """The element by its place among its siblings of the same tag."""
    place = 1
    before = element.node.prev
    while before is not None:
        place += before.tag == element.tag
        before = before.prev
    return f"{element.tag}:nth-of-type({place})"


def _finds(selector: str, slot: Slot, cards: list[Element]) -> bool:
    for card, elements in zip(cards, slot.elements, strict=True):
        try:
            matched = card.node.css(selector)  # the card itself counts too, as it does in a source file
        except SelectolaxError:
            return False
        if slot.attribute:
            matched = [node for node in matched if (node.attributes.get(slot.attribute) or "").strip()]
        if not _agree(matched, elements, slot.is_list):
            return False
    return True


def _agree(matched: list[LexborNode], elements: list[Element], is_list: bool) -> bool:
    if is_list:
        return [node.mem_id for node in matched] == [element.node.mem_id for element in elements]
    if not elements:
        return not matched
    return bool(matched) and matched[0].mem_id == elements[0].node.mem_id
