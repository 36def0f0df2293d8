"""One page, fetched with everything that a run would do: guard, robots.txt, retries, limits, secrets at send time."""

import itertools
import time
from collections.abc import Callable, Sequence

from schemas.page import Page
from schemas.reading import Reading
from schemas.request import Request, canonical_url
from scrapers.archive.redaction import Redactor
from scrapers.fetching.fetcher import Fetcher
from scrapers.fetching.settings import FetchSettings, environment_secret
from scrapers.source_files.load import LoadedSource
from scrapers.source_files.seeds import expand, plan_specs
from scrapers.source_files.sitemaps import SITEMAP, read_sitemap

__all__ = ["NotFetched", "fetch_page", "first_seed", "seed_of"]

_MOST_SEEDS = 10_000  # looked through for one URL
_MOST_SITEMAPS = 5  # one inside the other, until a page is found


class NotFetched(Exception):
    """The page could not be had; the text gives the reason as a run's dead letter would."""


def fetch_page(
    loaded: LoadedSource,
    request: Request,
    resolve: Sequence[str] = (),
    secrets: Callable[[str], str] = environment_secret,
) -> Page:
    """Fetches one page and nothing that it leads to; secrets that it repeats are taken out. Raises NotFetched."""
    redactor = Redactor()

    def secret(name: str) -> str:
        value = secrets(name)
        redactor.add_secret(value)
        return value

    settings = FetchSettings(resolve=tuple(resolve), secrets=secret)
    fetcher = Fetcher({loaded.source.source: loaded}, _keep, settings=settings)
    try:
        scraped = fetcher.fetch(request)
    finally:
        fetcher.close()
    if scraped.letter is not None:
        letter = scraped.letter
        raise NotFetched(redactor.redact_text(f"{letter.reason}: {letter.message} ({letter.url or request.url})"))
    if scraped.page is None:
        notes = "; ".join(scraped.outcome.notes)
        raise NotFetched(f"{scraped.outcome.reason}: {notes or 'left out on purpose'} ({request.url})")
    return _redacted(scraped.page, redactor)


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
        pages, sitemaps = read_sitemap(fetch_page(loaded, request, resolve), loaded)
        if pages:
            return pages[0]
        if not sitemaps:
            break
        request = sitemaps[0]
    raise NotFetched(f"no_items: the sitemap names no page that the source wants ({request.url})")
