"""JSON that a rendered page fetched for itself, kept for who looks at one page: it may be what to scrape instead."""

import dataclasses

from schemas.page import Page
from scrapers.fetching.browser_order import reads_answers
from scrapers.proposal.data_sources import DataSource, find_data_sources
from scrapers.source_files.load import LoadedSource
from scrapers.source_files.model import FetchRules

__all__ = ["better_sources", "with_answers", "without_answers"]


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


def without_answers(loaded: LoadedSource, page: Page) -> Page:
    """The page as a run would have it: with answers only where the source keeps them."""
    rules = loaded.source.page_types().get(page.request.page_type)
    wanted = rules is None or reads_answers(rules) or bool(rules.fetch and rules.fetch.xhr)
    return page if wanted else dataclasses.replace(page, captured=())
