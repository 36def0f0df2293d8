"""Fields of repeated cards: the places that hold values that tell the cards apart, named, typed, each once."""

from typing import Any

from scrapers.proposal.candidate import ProposedField
from scrapers.proposal.field_names import unique_name
from scrapers.proposal.outline import Element
from scrapers.proposal.slot_doubles import URL_ATTRIBUTES, without_doubles
from scrapers.proposal.slot_names import name_slot
from scrapers.proposal.slot_selectors import selector_of
from scrapers.proposal.slots import Slot, find_slots
from scrapers.proposal.value_types import guess_text

__all__ = ["MIN_COVERAGE", "card_fields", "telling_slots"]

MIN_COVERAGE = 0.3  # share of the cards; what fewer have is left out
MAX_FIELDS = 40
_KEPT_THOUGH_CONSTANT = frozenset(
    ["price", "availability", "status", "currency", "category", "rating", "date", "brand", "location", "city"]
)


def telling_slots(cards: list[Element]) -> list[Slot]:
    """Places that enough cards have and whose values differ between cards (or that are known to be worth keeping)."""
    enough = [slot for slot in find_slots(cards) if slot.found >= MIN_COVERAGE * len(cards)]
    return without_doubles([slot for slot in enough if _varies(slot) or _is_worth_keeping(slot, cards[0])])


def _varies(slot: Slot) -> bool:
    return len(set(map(tuple, slot.values))) > 1 and len(set(slot.firsts)) > 1


def _is_worth_keeping(slot: Slot, card: Element) -> bool:
    return not slot.attribute and name_slot(slot, card, None) in _KEPT_THOUGH_CONSTANT


def card_fields(cards: list[Element]) -> list[ProposedField]:
    """The fields of these cards, in page order."""
    fields: list[ProposedField] = []
    for slot in telling_slots(cards)[:MAX_FIELDS]:
        selector = selector_of(slot, cards)
        if selector is None:
            continue
        rule = _rule(slot, selector)
        name = unique_name(name_slot(slot, cards[0], rule.get("convert")), [field.name for field in fields])
        fields.append(ProposedField(name, rule, slot.found, _origin(slot), slot.firsts[0]))
    rating = _rating_in_class(cards)
    return [*fields, rating] if rating and rating.name not in {field.name for field in fields} else fields


def _rule(slot: Slot, selector: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"css": selector}
    if slot.is_list:
        rule["list"] = True
    if slot.attribute in URL_ATTRIBUTES:
        return {**rule, "convert": "url"}
    return {
        **rule,
        **guess_text([value for values in slot.values for value in (values if slot.is_list else values[:1])]),
    }


def _origin(slot: Slot) -> str:
    return f'labelled "{slot.label}"' if slot.label else ""


def _rating_in_class(cards: list[Element]) -> ProposedField | None:
    """Stars that only a class tells: `<p class="star-rating Three">`."""
    for element in cards[0].walk():
        name = element.label.partition(".")[2]
        if "rating" not in name or len(element.classes) != 2 or element.text:
            continue
        selector = f".{name}"
        values = [node.attributes.get("class") or "" for card in cards for node in card.node.css(selector)[:1]]
        others = {value.replace(name, "").strip() for value in values}
        if len(values) == len(cards) and len(others) > 1 and all(other.isalnum() for other in others):
            rule = {"css": f"{selector}::attr(class)", "re": rf"{name}\s+(\w+)"}
            return ProposedField(
                "rating", rule, len(values), "only its class tells it", values[0].replace(name, "").strip()
            )
    return None
