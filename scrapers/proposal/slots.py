"""The places inside a card that hold values: texts, links, images, times, attributes."""

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterator

from scrapers.proposal.outline import Element

__all__ = ["Slot", "find_slots"]

_FORMATTING = frozenset(
    ["b", "i", "em", "strong", "u", "s", "sub", "sup", "small", "mark", "font", "abbr", "code", "bdi", "wbr"]
)
_LABEL_ATTRIBUTES = ("data-label", "data-th", "data-title")  # of cells, for small screens
_CELLS = frozenset(["td", "th", "dd", "dt"])
_NO_VALUES = frozenset(["button", "form", "input", "label", "nav"])
_IMAGE_SOURCES = ("data-src", "data-original", "data-lazy-src", "src")
_LABEL = re.compile(r"^[^\d:]{2,30}:$")
_MAX_POSITIONS = 40  # repeated unnamed elements (cells) that are told apart by position


@dataclasses.dataclass(slots=True)
class Slot:
    """One place, over all cards.

    Attributes:
      path: outline path below the card; empty for the card itself.
      attribute: the attribute that holds the value; empty for the text.
      position: 1, 2, ... among the elements of the same path when they are told apart by place; 0 otherwise.
      values: per card, every value in document order.
      elements: per card, the elements that hold them.
      label: the text beside it that says what it is (`Price:`).
    """

    path: str
    attribute: str
    position: int
    values: list[list[str]]
    elements: list[list[Element]]
    label: str = ""

    @property
    def found(self) -> int:
        return sum(1 for values in self.values if values)

    @property
    def is_list(self) -> bool:
        """Whether cards hold different numbers of it: tags, authors."""
        return self.position == 0 and sum(1 for values in self.values if len(values) > 1) * 4 >= len(self.values)

    @property
    def sample(self) -> Element:
        """The element of the first card that has it."""
        return next(elements[0] for elements in self.elements if elements)

    @property
    def firsts(self) -> list[str]:
        return [values[0] for values in self.values if values]


def find_slots(cards: list[Element]) -> list[Slot]:
    """Every place that holds a value in at least one card, in document order of the first card that has it."""
    found: dict[tuple[str, str, int], Slot] = {}
    positional = _positional_paths(cards)
    for number, card in enumerate(cards):
        seen: dict[str, int] = defaultdict(int)
        for element in (card, *_value_elements(card)):
            path = element.path[len(card.path) + 1 :]
            seen[path] += 1
            position = seen[path] if path in positional else 0
            for attribute, value in _values(element, card):
                key = (path, attribute, position)
                slot = found.get(key)
                if slot is None:
                    slot = found[key] = Slot(*key, [[] for _ in cards], [[] for _ in cards])
                slot.label = slot.label or _label_of(element)
                slot.values[number].append(value)
                slot.elements[number].append(element)
    return list(found.values())


def _value_elements(card: Element) -> Iterator[Element]:
    """Descendants outside of buttons and forms."""
    for element in card.children:
        if element.tag not in _NO_VALUES:
            yield element
            yield from _value_elements(element)


def _positional_paths(cards: list[Element]) -> set[str]:
    """Paths whose elements come in the same number in nearly every card: cells, definitions, plain paragraphs."""
    counts: dict[str, list[int]] = defaultdict(list)
    for card in cards:
        own: dict[str, int] = defaultdict(int)
        for element in _value_elements(card):
            own[element.path[len(card.path) + 1 :]] += 1
        for path, count in own.items():
            counts[path].append(count)
    return {path for path, each in counts.items() if _has_places(path) and _is_steady(each, len(cards))}


def _has_places(path: str) -> bool:
    """Whether what repeats under this path means something by its place; what shares a class is a list."""
    tag, _, name = path.rpartition("/")[2].partition(".")
    return not name or tag in _CELLS


def _is_steady(counts: list[int], cards: int) -> bool:
    usual = max(set(counts), key=counts.count)
    return 1 < usual <= _MAX_POSITIONS and counts.count(usual) >= 0.9 * cards


def _values(element: Element, card: Element) -> Iterator[tuple[str, str]]:
    """(attribute, value) pairs of one element; the attribute of its text is empty."""
    if element.tag == "img":
        yield from _image_values(element)
        return
    attributes = element.node.attributes
    for name in _attributes_of(element, card):
        value = (attributes.get(name) or "").strip()
        if value and not value.startswith(("javascript:", "#", "data:", "mailto:")):
            yield name, value
    text = _text_of(element)
    if any(map(str.isalnum, text)):
        yield "", text
        title = " ".join((attributes.get("title") or "").split())
        if title and title.startswith(text.rstrip(".… ")):
            yield "title", title  # where the text is cut short for the eye, the attribute is not


def _image_values(element: Element) -> Iterator[tuple[str, str]]:
    attributes = element.node.attributes
    for name in _IMAGE_SOURCES:
        value = (attributes.get(name) or "").strip()
        if value and not value.startswith("data:"):
            yield name, value
            break
    if alt := (attributes.get("alt") or "").strip():
        yield "alt", alt


def _attributes_of(element: Element, card: Element) -> list[str]:
    names = {"a": ["href"], "time": ["datetime"], "meta": ["content"], "data": ["value"], "source": []}.get(
        element.tag, []
    )
    attributes = element.node.attributes
    if element is card or "itemprop" in attributes:
        names = [*names, *(name for name in attributes if name == "content" or _is_data(name, attributes.get(name)))]
    return list(dict.fromkeys(names))


def _is_data(name: str, value: str | None) -> bool:
    """A data attribute that names the item; scripts keep whole JSON documents and numbers for layout in others."""
    return bool(
        re.fullmatch(r"data-(?:[a-z]+-)*(?:id|sku|slug|price|name|title|date|url|href|key|code|brand)", name)
    ) and bool(value and len(value) < 300 and value[0] not in "{[")


def _text_of(element: Element) -> str:
    """The text of an element that has text of its own; a label before values (`Price: <b>3</b>`) is not a value."""
    if not element.own_text.strip(" \u00a0,|·•-–—/()[]:;›»«‹") or (
        _is_formatting(element) and _is_inside_text(element)
    ):
        return _lone_formatting(element)
    if _LABEL.match(element.own_text) and element.children:
        return ""
    return element.text


def _is_formatting(element: Element) -> bool:
    """Bold and the like; with a class or an itemprop it is a value of its own."""
    return element.tag in _FORMATTING and not element.classes and "itemprop" not in element.node.attributes


def _is_inside_text(element: Element) -> bool:
    return element.parent is not None and bool(element.parent.own_text) and not _LABEL.match(element.parent.own_text)


def _lone_formatting(element: Element) -> str:
    """The text of an element that only wraps formatting (`<p><b>a</b> <i>b</i></p>`, two or more), else empty."""
    children = element.children
    return element.text if len(children) > 1 and all(map(_is_formatting, children)) else ""


def _label_of(element: Element) -> str:
    """What the page calls this value: in an attribute, in the `dt` or `th` before it, as `Price:` in front of it."""
    attributes = element.node.attributes
    named = next((text for name in _LABEL_ATTRIBUTES if (text := (attributes.get(name) or "").strip())), "")
    named = named or next(iter((attributes.get("headers") or "").split()), "")  # ids of heading cells, for readers
    if named:
        return named.rstrip(":") if len(named) <= 40 else ""
    before = element.node.prev
    while before is not None and before.tag == "-text" and not (before.text(deep=False) or "").strip():
        before = before.prev
    if before is not None:
        text = " ".join((before.text(deep=before.tag != "-text") or "").split())
        if (before.tag in ("dt", "th") and element.tag in ("dd", "td")) or _LABEL.match(text):
            return text.rstrip(":") if len(text) <= 40 else ""
    above = element.parent.own_text if element.parent is not None else ""
    return above.rstrip(":") if _LABEL.match(above) else _column_heading(element)


def _column_heading(element: Element) -> str:
    """The heading above a cell; what stands inside a cell is named otherwise."""
    if element.tag != "td" or element.parent is None:
        return ""
    table = next((above for above in element.ancestors() if above.tag == "table"), None)
    place = [child for child in element.parent.children if child.tag in _CELLS].index(element)
    headings = table.node.css("tr")[0].css("th") if table is not None else []
    text = " ".join(headings[place].text(deep=True).split()) if place < len(headings) else ""
    return text if len(text) <= 40 else ""
