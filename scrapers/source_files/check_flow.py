"""Checks how pages lead to pages: names, dead ends, circles, and that every item ends in one table."""

from collections.abc import Iterator

from scrapers.source_files.mistakes import Finding, nearest
from scrapers.source_files.model import PageType
from scrapers.source_files.subject import Subject

__all__ = ["check_flow"]

_OF_A_PAGE = ("items", "fields", "next", "follow", "if_failed")


def check_flow(subject: Subject) -> Iterator[Finding]:
    """Every page type that cannot be reached, leads nowhere, or gives nothing."""
    yield from _page_names(subject)
    yield from _unknown_targets(subject)
    yield from _unreachable(subject)
    yield from _circles(subject)
    yield from _tables(subject)
    yield from _lacking(subject)


def _page_names(subject: Subject) -> Iterator[Finding]:
    pages = subject.source.pages
    if pages is None:
        return
    if not pages:
        yield Finding(("pages",), "has no page type: expected one at least, e.g. `listing: {...}`")
    for name in pages:
        if not name.replace("_", "a").replace("-", "a").isalnum():
            yield Finding(("pages", name), "expected a name of letters, digits, _ and -")
    for key in _OF_A_PAGE:
        if key in subject.source.model_fields_set:
            yield Finding(
                (key,), f"with `pages`, `{key}` belongs to a page type", f"pages.{next(iter(pages), '')}.{key}"
            )


def _unknown_targets(subject: Subject) -> Iterator[Finding]:
    for name, page in subject.pages.items():
        for number, follow in enumerate(page.follows()):
            if follow.to is not None and follow.to not in subject.pages:
                path = (*subject.place(name), "follow", *((number,) if isinstance(page.follow, list) else ()), "to")
                known = ", ".join(subject.pages) if subject.source.pages else "none: there is no `pages`"
                yield Finding(
                    path, f"there is no page type `{follow.to}`; there is {known}", nearest(follow.to, subject.pages)
                )


def _unreachable(subject: Subject) -> Iterator[Finding]:
    if _unclear(subject):
        return
    reached = _reached(subject)
    for name in subject.pages:
        if name not in reached:
            yield Finding(subject.place(name), f"nothing leads to page type `{name}`: no `follow` has `to: {name}`")


def _reached(subject: Subject) -> set[str]:
    reached = set(list(subject.pages)[:1])
    if subject.source.raw is not None and subject.source.raw.page in subject.pages:
        reached.add(subject.source.raw.page)
    for _ in subject.pages:
        reached |= {taker for giver, taker, _, _ in subject.edges() if giver in reached}
    return reached


def _unclear(subject: Subject) -> bool:
    """Whether a mistaken `follow` leaves open what leads where: then nothing is said of what nothing leads to."""
    targets = {follow.to for page in subject.pages.values() for follow in page.follows()}
    return not targets <= {None, *subject.pages} or any("follow" in path for path in subject.mended)


def _circles(subject: Subject) -> Iterator[Finding]:
    """A carried item must come to an end."""
    carries = {(giver, taker): path for giver, taker, carried, path in subject.edges() if carried}
    for (giver, taker), path in carries.items():
        reached = {taker}
        for _ in subject.pages:
            reached |= {end for start, end in carries if start in reached}
        if giver in reached:
            hint = "; `to` names the page type that it goes on to" if giver == taker else ""
            yield Finding(path, f"the item would be carried from `{giver}` back to `{giver}` for ever{hint}")


def _tables(subject: Subject) -> Iterator[Finding]:
    own = subject.source.pages or {}
    if not any(page.fields for page in subject.pages.values()) and not subject.has_code:
        message = "has no `fields` anywhere: nothing would ever be written"
        yield Finding(("pages",) if own else (), message, of_absence=True)
        return
    for name, page in subject.pages.items():
        place = subject.place(name)
        if page.fields and page.table is None and ("table",) not in subject.mended:
            message = "has fields and no table: expected `table: dataset.name`, here or at the top of the file"
            yield Finding(place, message, of_absence=True)
        if not _gives_something(page) and not subject.has_code:
            yield Finding(place, "gives nothing: expected `fields`, `follow` or `next`", of_absence=True)
    for giver, taker, carried, path in subject.edges():
        tables = own[giver].table if giver in own else None, own[taker].table if taker in own else None
        if carried and None not in tables and tables[0] != tables[1]:
            message = (
                f"an item carried from `{giver}` to `{taker}` is one row: it cannot be in {tables[0]} and {tables[1]}"
            )
            yield Finding(path, message)


def _gives_something(page: PageType) -> bool:
    return bool(page.fields or page.follow or page.next or page.hooks)


def _lacking(subject: Subject) -> Iterator[Finding]:
    """Rows of one table come from several page types: what one requires, the items of another must have too."""
    carries = [(giver, taker) for giver, taker, carried, _ in subject.edges() if carried]
    if _unclear(subject):
        return
    for name, page in subject.pages.items():
        required = [field for field, rule in page.fields.items() if rule.required and rule.personal != "drop"]
        for other in _reached(subject):
            its = subject.pages[other]
            same_item = _meet(name, other, carries)
            if not required or same_item or not its.fields or its.table != page.table or subject.has_code:
                continue
            for field in required:
                if field not in subject.item_fields[other]:
                    path = (*subject.place(name), "fields", field, "required")
                    yield Finding(path, f"items of page type `{other}` go to {page.table} too, and have no `{field}`")


def _meet(one: str, other: str, carries: list[tuple[str, str]]) -> bool:
    """Whether both read parts of the same item: some item is carried from the one to the other."""
    linked = {one}
    for _ in range(len(carries) + 1):
        linked |= {taker for giver, taker in carries if giver in linked}
    before = {one}
    for _ in range(len(carries) + 1):
        before |= {giver for giver, taker in carries if taker in before}
    return other in linked | before
