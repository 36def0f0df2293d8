"""From the items found on a page to its Reading: what is carried on, what is written, where the page leads."""

from collections.abc import Callable, Mapping
from typing import Any

from schemas.reading import FieldProblem, Item, Reading
from scrapers.extraction.document import Document
from scrapers.extraction.fields import is_missing
from scrapers.extraction.page_items import FoundItem, says_nothing
from scrapers.extraction.page_types import CompiledPage
from scrapers.extraction.python_scrapers import told
from scrapers.extraction.unwritten import without

__all__ = ["assemble", "is_complete", "through_hook"]


_NOTHING_FOUND = FieldProblem("", "item", "none of its fields was found: do the selectors fit?")


def assemble(compiled: CompiledPage, document: Document, found: list[FoundItem]) -> Reading:
    """The reading of a page on which these items were found.

    Args:
      found: with the fields carried to this page; they may travel on from it.
    """
    reading = Reading(table=compiled.table)
    if compiled.own_hook is not None:
        found = through_hook(compiled.own_hook, found, reading)
    for name in compiled.required:
        values = [one.item.get(name) for one in found]
        missing = values.count(None) + values.count([])
        if missing:
            reading.missing[name] = missing
    staying = _lead_on(compiled, document, found, reading) if compiled.follow else found
    _keep(compiled, staying, reading)
    if compiled.next is not None:
        _go_on(compiled, document, found, reading)
    if len(reading.follow_ups) > 1:
        reading.follow_ups = list({request.request_id: request for request in reading.follow_ups}.values())
    if not (reading.items or reading.follow_ups or reading.filtered) and _may_be_empty(compiled, document):
        reading.verdict = "empty"
    return reading


def is_complete(compiled: CompiledPage, found: list[FoundItem]) -> bool:
    """Whether the page is certainly what it should be: one of its items has all that a row needs.

    What is there whatever the page is (its own address) tells nothing. Of items that need nothing else, any will do; a
    page that is one item itself and needs nothing else is never certain: a block page has a title too.
    """
    wanted = [name for name in compiled.required if name not in compiled.untelling]
    if not wanted:
        return compiled.finder is not None and any(not says_nothing(one.item, compiled.untelling) for one in found)
    return any(not any(is_missing(one.item.get(name)) for name in wanted) for one in found)


def through_hook(hook: Callable[[Item], Item | None], found: list[FoundItem], reading: Reading) -> list[FoundItem]:
    """Passes items through a hook; one that it fails on is refused with its message, the others go on."""
    kept = []
    for one in found:
        try:
            item = hook(one.item)
            if item is not None and not isinstance(item, Mapping):
                raise TypeError(f"the hook gave a {type(item).__name__}; expected an item or None")
        except Exception as error:  # noqa: BLE001  the author's code, which may break on one item and not on the next
            one.problems.append(FieldProblem("", "hook", told(error)))
            item = one.item
        if item is None:
            reading.filtered += 1
        else:
            one.item = dict(item)
            kept.append(one)
    return kept


def _lead_on(compiled: CompiledPage, document: Document, found: list[FoundItem], reading: Reading) -> list[FoundItem]:
    """Makes the follow-ups of items and page; gives the items that do not travel on."""
    staying = [one for one in found if not _travels_on(compiled, one, reading)]
    for rule in compiled.follow:
        if rule.of_page or not (compiled.has_items or found):
            reading.follow_ups += rule.of_whole_page(document, reading.notes)
    return staying


def _travels_on(compiled: CompiledPage, one: FoundItem, reading: Reading) -> bool:
    """Whether an item goes along with a request; one with a problem stays, since it is refused in any case."""
    carried = False
    for rule in compiled.follow:
        if rule.of_page or (rule.carries and (carried or one.problems)):
            continue
        requests = rule.of_item(one, reading.notes)
        reading.follow_ups += requests
        carried = carried or (rule.carries and bool(requests))
    return carried


def _keep(compiled: CompiledPage, staying: list[FoundItem], reading: Reading) -> None:
    """The items that this page ends: what has no field at all only served to find links.

    Raises:
      ValueError: a carried item ends on a page type that has no table.
    """
    staying = [one for one in staying if one.item]
    if staying and not reading.table:
        reading.table = compiled.table_of_carried
        if not reading.table:
            raise ValueError(f"a carried item ends on page type `{compiled.name}`, which has no table")
    if compiled.source_hook is not None:
        staying = through_hook(compiled.source_hook, staying, reading)
    for number, one in enumerate(staying):
        if not one.problems and compiled.fields and says_nothing(one.item, compiled.untelling):
            one.problems.append(_NOTHING_FOUND)
        if one.problems:
            reading.problems[number] = one.problems
        if compiled.unwritten:
            one.item = without(one.item, compiled.unwritten)
    reading.items = [one.item for one in staying]


def _go_on(compiled: CompiledPage, document: Document, found: list[FoundItem], reading: Reading) -> None:
    """Asks for the listing's next page, or finds that this one is the page before once more."""
    assert compiled.next is not None
    gave: list[Any] = [one.item for one in found if one.item] or [request.url for request in reading.follow_ups]
    if compiled.next.repeats(document, gave):
        reading.items, reading.problems, reading.follow_ups, reading.missing = [], {}, [], {}
        reading.verdict = "empty"
        return
    following = compiled.next.request(document, gave, reading.notes)
    if following is not None:
        reading.follow_ups.append(following)


def _may_be_empty(compiled: CompiledPage, document: Document) -> bool:
    """Whether nothing is no failure: the source says so, or counting went one page past the listing's end."""
    past_the_end = compiled.next is not None and compiled.next.ends_empty and document.page.request.page_number > 1
    return compiled.may_be_empty or past_the_end
