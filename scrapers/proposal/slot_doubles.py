"""Places of a card that say what another one says: the picture's link beside the title's, the alt text, a wrapper."""

from scrapers.proposal.slots import Slot

__all__ = ["URL_ATTRIBUTES", "without_doubles"]

URL_ATTRIBUTES = frozenset(("href", "src", "data-src", "data-original", "data-lazy-src"))
_MOST = 0.9  # share of the cards that must agree
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())  # noqa: SIM905


def without_doubles(slots: list[Slot]) -> list[Slot]:
    """The places that remain, in the order given; of two that say the same the plainer one stays."""
    complete = [slot for slot in slots if not _is_cut_short(slot, slots) and not _only_wraps(slot, slots)]
    kept: list[Slot] = []
    for slot in sorted(complete, key=_plainness):
        if not any(_says_the_same(slot, other) for other in kept):
            kept.append(slot)
    order = {id(slot): number for number, slot in enumerate(slots)}
    return sorted(kept, key=lambda slot: order[id(slot)])


def _plainness(slot: Slot) -> tuple[int, int, bool]:
    """Texts before their copies in attributes, complete ones before partial ones, links of headings first."""
    copies = {"title": 1, "alt": 2}
    in_heading = any(element.tag in _HEADINGS for element in (slot.sample, *list(slot.sample.ancestors())[:2]))
    return (copies.get(slot.attribute, 0), -slot.found, not in_heading)


def _is_cut_short(slot: Slot, slots: list[Slot]) -> bool:
    """`<a title="A Light in the Attic">A Light in the ...</a>`: the attribute tells more in some card."""
    if slot.attribute:
        return False
    titles = [
        each for each in slots if each.attribute == "title" and (each.path, each.position) == (slot.path, slot.position)
    ]
    return any(title.found >= slot.found and title.firsts != slot.firsts for title in titles)


def _only_wraps(slot: Slot, slots: list[Slot]) -> bool:
    """`<p>by <b class=author>Emma</b></p>`: the wrapper adds the same words in every card."""
    if slot.attribute or slot.is_list:
        return False
    inside = [each for each in slots if not each.attribute and each.path.startswith(f"{slot.path}/")]
    own = {elements[0].own_text for elements in slot.elements if elements}
    return bool(inside) and len(own) == 1


def _says_the_same(slot: Slot, other: Slot) -> bool:
    if (slot.attribute in URL_ATTRIBUTES) != (other.attribute in URL_ATTRIBUTES) or slot.is_list != other.is_list:
        return False
    pairs = [(mine[0], theirs[0]) for mine, theirs in zip(slot.values, other.values, strict=True) if mine and theirs]
    if len(pairs) < _MOST * slot.found:
        return False
    return sum(1 for mine, theirs in pairs if _equal(mine, theirs, slot)) >= _MOST * len(pairs)


def _equal(mine: str, theirs: str, slot: Slot) -> bool:
    return mine == theirs or (slot.attribute in ("alt", "title") and (mine in theirs or theirs in mine))
