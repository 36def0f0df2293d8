"""JSON that a rendered page fetched for itself, kept for who looks at one page: it may be what to scrape instead."""

import dataclasses

from schemas.page import Page
from scrapers.fetching.browser_order import reads_answers
from scrapers.proposal.data_sources import DataSource, find_data_sources
from scrapers.source_files.load import LoadedSource
from scrapers.source_files.model import FetchRules, PageType

__all__ = ["answers_sentence", "better_sources", "with_answers", "without_answers"]

_SHOWN = 5


def with_answers(loaded: LoadedSource, page_type: str) -> LoadedSource:
    """The source, with all JSON kept that a rendered page of this type fetches; as it is where it says what to keep."""
    source = loaded.source
    page = source.page_types().get(page_type)
    if page is None or page.fetch is None or page.fetch.mode == "http" or page.fetch.xhr:
        return loaded
    fetch: FetchRules = page.fetch.model_copy(update={"xhr": ["*"]})
    if source.pages is None:
        source = source.model_copy(update={"fetch": fetch})
    else:
        own = source.pages[page_type].model_copy(update={"fetch": fetch})
        source = source.model_copy(update={"pages": {**source.pages, page_type: own}})
    return dataclasses.replace(loaded, source=source)


def better_sources(loaded: LoadedSource, page: Page) -> list[DataSource]:
    """Answers that could be scraped instead of the page; none where the source reads answers already."""
    rules = loaded.source.page_types().get(page.request.page_type)
    return [] if rules is None or reads_answers(rules) else find_data_sources(page)


def answers_sentence(loaded: LoadedSource, page: Page) -> str:
    """What `from: xhr` has to look in on this page; empty where the source does not use it."""
    rules = loaded.source.page_types().get(page.request.page_type)
    if rules is None or not reads_answers(rules):
        return ""
    if not page.rendered:
        return "`from: xhr` finds nothing: the page was not rendered"
    if not page.captured:
        return "`from: xhr` finds nothing: the page fetched no JSON" + (
            " that `xhr` names" if _names_some(rules) else ""
        )
    shown = [f"{one.url} ({len(one.body) / 1000:.1f} KB)" for one in page.captured[:_SHOWN]]
    more = len(page.captured) - len(shown)
    return f"`from: xhr` looks in {', '.join(shown)}" + (f" and {more} more" if more else "")


def _names_some(rules: PageType) -> bool:
    return bool(rules.fetch and rules.fetch.xhr)


def without_answers(loaded: LoadedSource, page: Page) -> Page:
    """The page as a run would have it: with answers only where the source keeps them."""
    rules = loaded.source.page_types().get(page.request.page_type)
    wanted = rules is None or reads_answers(rules) or _names_some(rules)
    return page if wanted else dataclasses.replace(page, captured=())
