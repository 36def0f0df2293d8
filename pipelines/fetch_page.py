"""One page, fetched with everything that a run would do: guard, robots.txt, retries, limits, secrets at send time."""

import dataclasses
import itertools
import time
from collections.abc import Callable, Sequence

from pipelines.fetch_ways import auto_sentence, way_sentence
from pipelines.page_answers import with_answers
from schemas.outcome import Scraped
from schemas.page import Page
from schemas.reading import Reading
from schemas.reasons import Dead
from schemas.request import Request, canonical_url
from scrapers.archive.redaction import Redactor
from scrapers.extraction.scraper import reader
from scrapers.fetching.fetcher import Fetcher
from scrapers.fetching.page_lacks import lacks
from scrapers.fetching.settings import FetchSettings, environment_secret
from scrapers.source_files.load import LoadedSource
from scrapers.source_files.seeds import expand, plan_specs
from scrapers.source_files.sitemaps import SITEMAP, read_sitemap

__all__ = ["FetchedPage", "NotFetched", "fetch_page", "first_seed", "seed_of"]

_MOST_SEEDS = 10_000  # looked through for one URL
_MOST_SITEMAPS = 5  # one inside the other, until a page is found
_OF_READING = (Dead.PARSE_ERROR, Dead.NO_ITEMS)
_OF_MARKERS = (Dead.BLOCKED, Dead.LOGIN_REQUIRED)


class NotFetched(Exception):
    """The page could not be had; the text gives the reason as a run's dead letter would.

    Attributes:
      page: what there was of it, with a screenshot if a browser gave it up; None for nothing.
    """

    def __init__(self, message: str, page: Page | None = None) -> None:
        super().__init__(message)
        self.page = page


@dataclasses.dataclass(frozen=True, slots=True)
class FetchedPage:
    """A page, and how it was got.

    Attributes:
      way: in words.
      http_lacked: what `fetch.mode: auto` missed on the page that HTTP gave; empty for nothing.
    """

    page: Page
    way: str
    http_lacked: str = ""


def fetch_page(
    loaded: LoadedSource,
    request: Request,
    resolve: Sequence[str] = (),
    secrets: Callable[[str], str] = environment_secret,
) -> FetchedPage:
    """Fetches one page and nothing that it leads to, with the JSON that a rendered one fetched for itself; secrets that
    it repeats are taken out. Raises NotFetched."""
    redactor = Redactor()

    def secret(name: str) -> str:
        value = secrets(name)
        redactor.add_secret(value)
        return value

    rules = loaded.source.page_types().get(request.page_type)
    is_auto = rules is not None and rules.fetch is not None and rules.fetch.mode == "auto"
    read = reader({loaded.source.source: loaded})
    settings = FetchSettings(resolve=tuple(resolve), secrets=secret, hide=redactor.add_secret)
    sources = {loaded.source.source: with_answers(loaded, request.page_type)}
    fetcher = Fetcher(sources, read if is_auto else _keep, settings=settings)
    try:
        scraped = fetcher.fetch(request)
    finally:
        fetcher.close()
    page = _page_of(scraped, request, redactor)
    if rules is None or not is_auto:
        return FetchedPage(page, way_sentence(page))
    said = "" if scraped.letter is not None else lacks(read(page), rules) or "complete"
    return FetchedPage(page, auto_sentence(page, scraped.outcome, said), scraped.outcome.http_lacked)


def _page_of(scraped: Scraped, request: Request, redactor: Redactor) -> Page:
    """The page, even one of which nothing could be read: the caller wants to see why. Raises NotFetched."""
    page, letter, outcome = scraped.page, scraped.letter, scraped.outcome
    if page is not None:
        page = _redacted(page, redactor)
    if letter is not None and not _is_of_reading(letter.reason, page):
        text = f"{letter.reason}: {letter.message} ({letter.url or request.url})"
        raise NotFetched(redactor.redact_text(text), page)
    if page is None:
        why = "; ".join(outcome.notes) or "left out on purpose"
        raise NotFetched(f"{outcome.reason}: {why} ({request.url})")
    return page


def _is_of_reading(reason: str, page: Page | None) -> bool:
    """Whether a page came, and the letter is about what stands on it."""
    if page is None or page.incomplete:
        return False
    return reason in _OF_READING or (reason in _OF_MARKERS and page.status < 400)


def _redacted(page: Page, redactor: Redactor) -> Page:
    page.headers = tuple(redactor.redact_headers(page.headers))
    redactor.redact_page(page)
    return page


def _keep(_page: Page) -> Reading:
    """Reads nothing: the caller does, and wants to see what goes wrong."""
    return Reading(items=[{}])


def first_seed(loaded: LoadedSource, execution_id: str, resolve: Sequence[str] = ()) -> Request | None:
    """The first request that a run would make; a sitemap is fetched to find it. None for a source without seeds."""
    for spec in plan_specs(loaded, execution_id, tick=time.time()):
        for request in expand(spec, loaded):
            return request if request.page_type != SITEMAP else _first_of_sitemap(loaded, request, resolve)
    return None


def seed_of(loaded: LoadedSource, url: str, execution_id: str) -> Request | None:
    """The seed that has this URL, with its params; None when it is none of the first seeds."""
    specs = plan_specs(loaded, execution_id, tick=time.time())
    seeds = itertools.islice((request for spec in specs for request in expand(spec, loaded)), _MOST_SEEDS)
    return next((request for request in seeds if canonical_url(request.url) == canonical_url(url)), None)


def _first_of_sitemap(loaded: LoadedSource, request: Request, resolve: Sequence[str]) -> Request | None:
    for _ in range(_MOST_SITEMAPS):
        pages, sitemaps = read_sitemap(fetch_page(loaded, request, resolve).page, loaded)
        if pages:
            return pages[0]
        if not sitemaps:
            break
        request = sitemaps[0]
    raise NotFetched(f"no_items: the sitemap names no page that the source wants ({request.url})")
