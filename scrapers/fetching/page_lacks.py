"""What a page lacks that a browser might give: `fetch.mode: auto` asks, of what HTTP gave."""

from schemas.reading import Reading
from scrapers.source_files.model import PageType

__all__ = ["gave_more", "lacks"]


def lacks(reading: Reading, page_type: PageType) -> str:
    """What is missing, in words (`price missing on 3 of 30 items`); empty when the page counts as it is.

    It does for a page that may be without items (`empty: ok`, a counted listing past its end); and for a block page or
    a log-in wall, which is no reason for a browser: we do not defeat protections.
    """
    if reading.verdict != "ok":
        return ""
    items = _items(reading)
    if not items:
        return "" if page_type.empty == "ok" or _leads_on(reading, page_type) else "no items"
    missing = _missing(reading, page_type)
    if not missing:
        return ""
    on = "" if items == 1 else f" on {{}} of {items} items"
    return ", ".join(f"{field} missing{on.format(count)}" for field, count in missing.items())


def gave_more(http: Reading, browser: Reading, page_type: PageType) -> bool:
    """Whether the browser's page has more than HTTP's, which lacked something; else HTTP's counts."""
    if browser.verdict != "ok":
        return False
    before, now = _items(http), _items(browser)
    if now and not lacks(browser, page_type):
        return True
    if now != before:
        return now > before
    if now:
        return sum(_missing(browser, page_type).values()) < sum(_missing(http, page_type).values())
    return len(browser.follow_ups) > len(http.follow_ups)


def _items(reading: Reading) -> int:
    """Items found: written, carried on, or left out by a hook."""
    carried = sum(request.item is not None for request in reading.follow_ups)
    return len(reading.items) + carried + reading.filtered


def _leads_on(reading: Reading, page_type: PageType) -> bool:
    """Whether links are all that such a page is there for."""
    return bool(reading.follow_ups) and not page_type.fields


def _missing(reading: Reading, page_type: PageType) -> dict[str, int]:
    """Required field -> items without it, those included in which it cannot be read (`Loading...` for a price).

    An item in which no field at all was found counts as lacking its item.
    """
    missing = dict(reading.missing)
    for problems in reading.problems.values():
        for problem in problems:
            rule = page_type.fields.get(problem.field)
            if problem.rule == "item":
                missing["every field"] = missing.get("every field", 0) + 1
            elif problem.rule == "convert" and rule is not None and rule.required:
                missing[problem.field] = missing.get(problem.field, 0) + 1
    return missing
