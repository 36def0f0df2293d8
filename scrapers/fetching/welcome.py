"""What can be told of an answer before it is parsed; the same for one that came and for one from the archive."""

from schemas.page import Page
from schemas.reading import Reading
from schemas.reasons import Dead
from scrapers.fetching.charset import decode
from scrapers.fetching.content_types import refuse_content
from scrapers.fetching.markers import find_marker
from scrapers.fetching.ticket import Ticket
from scrapers.source_files.sitemaps import read_sitemap

__all__ = ["read_as_sitemap", "refuse_body", "unwelcome"]

_MAY_BE_BLOCKS = frozenset({401, 403, 407, 429, 451, 503})


def unwelcome(ticket: Ticket, page: Page) -> tuple[Dead, str] | None:
    """Whether an error page is a block page or a login wall: then trying again would be impolite."""
    if page.status not in _MAY_BE_BLOCKS:
        return None
    text = decode(page.body[:200_000], page.header("content-type"), ticket.rules.fetch(ticket.request).charset)
    found = find_marker(page, text, ticket.rules.source.markers)
    return (Dead(found.kind), f"HTTP {page.status}, {found.marker}") if found else None


def refuse_body(ticket: Ticket, page: Page) -> str | None:
    """Why a body is not given to the parser; None when it is."""
    request, rules = ticket.request, ticket.rules
    if not page.body and request.method != "HEAD" and rules.page_type(request).empty != "ok":
        return "the body is empty"
    return refuse_content(rules.fetch(request), page.header("content-type"), page.body)


def read_as_sitemap(ticket: Ticket, page: Page) -> Reading:
    """The requests that a sitemap names."""
    requests, sitemaps = read_sitemap(page, ticket.rules.loaded)
    return Reading(follow_ups=[*requests, *sitemaps])
