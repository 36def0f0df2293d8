"""Repeated cards: the group of like elements that holds most of what a listing says."""

import math
from collections import defaultdict
from collections.abc import Iterable

from selectolax.lexbor import LexborHTMLParser

from scrapers.proposal.candidate import Candidate
from scrapers.proposal.card_fields import card_fields, telling_slots
from scrapers.proposal.field_names import words_of
from scrapers.proposal.outline import Element, outline
from scrapers.proposal.slot_selectors import class_selector

__all__ = ["propose_cards"]

MIN_CARDS = 3
_GRID_WORDS = frozenset("col cols column row grid cell wrapper wrap inner".split())  # noqa: SIM905
_NOUNS = (  # noqa: SIM905  words read better as a text
    "product quote event job article post recipe book review meeting movie film listing offer course story team player"
).split()
_SAMPLE = 25  # cards that are looked into while groups are compared
_FIRM_STEPS = 3  # parents named in a selector; one that needs more breaks with the next change of the page
_LOOKED_AT = 100  # cards that fields are found in; the run that verifies them counts all
_LOOKED_INTO = 25  # groups, the largest by text first
_ASIDE = frozenset(["nav", "footer", "header", "aside", "form"])
_ASIDE_WORDS = (
    "nav",
    "menu",
    "footer",
    "breadcrumb",
    "sidebar",
    "cookie",
    "pagination",
    "pager",
    "share",
    "social",
    "related",
)
_NOT_CARDS = frozenset(
    [
        "a",
        "span",
        "b",
        "i",
        "em",
        "strong",
        "p",
        "td",
        "th",
        "dt",
        "dd",
        "img",
        "time",
        "small",
        "br",
        "hr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "thead",
        "tbody",
        "button",
        "input",
        "label",
        "sup",
    ]
)
_NOT_CARDS_ALONE = _NOT_CARDS - {"a"}


def propose_cards(page: LexborHTMLParser, most: int = 3) -> list[Candidate]:
    """The best groups of cards, best first; none when nothing on the page repeats."""
    elements = outline(page)
    total = len(elements[0].text) if elements else 0
    groups = [_main_part(group) for group in _groups(elements)]
    groups = sorted((group for group in groups if len(group) >= MIN_CARDS), key=_text_length, reverse=True)[
        :_LOOKED_INTO
    ]
    scored = sorted(((score(group, total), group) for group in groups), key=lambda pair: pair[0], reverse=True)
    chosen: list[Candidate] = []
    for points, group in scored:
        if len(chosen) == most or points <= 0:
            break
        candidate = _candidate(group, points, page)
        if candidate is not None:
            chosen.append(candidate)
    return chosen


def _groups(elements: Iterable[Element]) -> list[list[Element]]:
    by_path: dict[str, list[Element]] = defaultdict(list)
    for element in elements:
        if element.tag not in _NOT_CARDS_ALONE:
            by_path[element.path].append(element)
    return [group for group in by_path.values() if len(group) >= MIN_CARDS]


def _main_part(group: list[Element]) -> list[Element]:
    return [element for element in group if not _is_aside(element) and (element.text or element.node.css_first("img"))]


def _is_aside(element: Element) -> bool:
    for each in (element, *element.ancestors()):
        if each.tag in _ASIDE and not (each.tag == "header" and each is element):
            return True
        if any(word in name.lower() for name in each.classes for word in _ASIDE_WORDS) and each.tag != "body":
            return True
    return False


def _text_length(group: list[Element]) -> int:
    return sum(len(element.node.text(deep=True)) for element in group)


def score(group: list[Element], page_length: int) -> float:
    """How much a group tells: places that differ from card to card, how many cards, their share of the page's text."""
    sample = group[:_SAMPLE]
    slots = telling_slots(sample)
    if not slots:
        return 0.0
    points = float(min(len(slots), 12))
    points += 1.5 * any("h" + digit in slot.path.split("/") for slot in slots for digit in "123456")
    points += any(slot.attribute == "href" for slot in slots)
    points += any(slot.attribute in ("src", "data-src", "datetime") for slot in slots)
    points *= 0.3 if len(slots) == 1 else 1.0  # a list of words or of bare links
    points *= 0.5 if group[0].tag == "tr" else 1.0  # read by column, where the table has headings
    filled = sum(slot.found for slot in slots) / (len(slots) * len(sample))
    share = min(1.0, _text_length(group) / max(page_length, 1))
    return points * filled * math.sqrt(min(len(group), 30)) * (0.2 + share) * _good_name(group[0])


def _good_name(element: Element) -> float:
    """Decides between a card and the grid cell around it, which hold the same."""
    words = {word for name in element.classes for word in words_of(name)}
    bonus = (
        0.03 * (element.tag == "article")
        + 0.02 * ("itemscope" in element.node.attributes)
        + 0.01 * ("." in element.label)
    )
    return 1 + bonus - 0.02 * bool(words & _GRID_WORDS)


def _candidate(group: list[Element], points: float, page: LexborHTMLParser) -> Candidate | None:
    selector = card_selector(group, page)
    points *= 0.3 if selector is not None and selector.count(" > ") > _FIRM_STEPS else 1.0
    fields = card_fields(group[:_LOOKED_AT])
    if selector is None or not fields:
        return None
    return Candidate(
        "cards", f"{len(group)} times {selector}", _noun(group[0]), {"css": selector}, fields, len(group), points
    )


def card_selector(group: list[Element], page: LexborHTMLParser) -> str | None:
    """The shortest selector that matches exactly these elements."""
    wanted = {element.node.mem_id for element in group}
    element = group[0]
    own = class_selector(element)
    choices = [own]
    above = list(element.ancestors())
    choices += [f"{_with_id(each)} {own}" for each in above if _with_id(each)]
    choices += [f"{class_selector(each)} {own}" for each in above if "." in each.label]
    if element.parent is not None:
        choices.append(f"{class_selector(element.parent)} > {own}")
    chain = [element, *above]
    choices += [" > ".join(map(class_selector, reversed(chain[:length]))) for length in range(2, len(chain) + 1)]
    best = None
    for choice in choices:
        matched = {node.mem_id for node in page.css(choice)}
        if matched == wanted:
            return choice
        if best is None and wanted <= matched and len(matched) <= 1.1 * len(wanted):
            best = choice
    return best


def _with_id(element: Element) -> str:
    name = element.node.attributes.get("id") or ""
    return f"#{name}" if name.replace("-", "").replace("_", "").isalpha() else ""


def _noun(element: Element) -> str:
    """What the cards are, for the table's name: `li.product` are products."""
    words = [word for name in element.classes for word in words_of(name)] + words_of(
        element.node.attributes.get("itemtype") or ""
    )
    found = next((noun for noun in _NOUNS for word in words if word in (noun, f"{noun}s")), "item")
    return f"{found[:-1]}ies" if found.endswith("y") else f"{found}s"
