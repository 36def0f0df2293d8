"""`fetch.mode: auto` on the way of one request: over HTTP, and then in the browser when that was not enough."""

from schemas.page import Page
from schemas.reading import Reading
from scrapers.fetching.auto_mode import AutoMode
from scrapers.fetching.page_lacks import gave_more, lacks
from scrapers.fetching.ticket import Ticket

__all__ = ["choose_mode", "fall_back", "needs_browser", "the_better"]


def choose_mode(ticket: Ticket, auto: AutoMode) -> None:
    """Decides how a request is fetched, once."""
    if not ticket.mode:
        request = ticket.request
        mode = ticket.rules.fetch(request).mode
        ticket.mode = auto.first(request.source, request.page_type) if mode == "auto" else mode


def needs_browser(ticket: Ticket, page: Page, reading: Reading, auto: AutoMode) -> bool:
    """Whether what HTTP gave is not enough; the request is then one for the browser, and HTTP's page is kept by it."""
    request = ticket.request
    if ticket.mode != "http" or ticket.from_archive or ticket.rules.fetch(request).mode != "auto":
        return False
    if reading.verdict in ("blocked", "login_required"):
        return False  # it says nothing of what the page would have had
    ticket.http_lacked = lacks(reading, ticket.rules.page_type(request))
    if not ticket.http_lacked:
        auto.learned(request.source, request.page_type, http_enough=True)
        return False
    if not auto.asks_browser(request.source, request.page_type):
        auto.learned(request.source, request.page_type, http_enough=False)
        return False
    ticket.mode = "browser"
    ticket.http_in_vain = page, reading
    ticket.retries_before, ticket.attempts = max(0, ticket.attempts - 1), 0
    return True


def the_better(ticket: Ticket, page: Page, reading: Reading, auto: AutoMode) -> tuple[Page, Reading]:
    """The browser's page, or HTTP's when the browser gave no more."""
    if ticket.http_in_vain is None or ticket.mode != "browser":
        return page, reading
    request = ticket.request
    more = gave_more(ticket.http_in_vain[1], reading, ticket.rules.page_type(request))
    auto.learned(request.source, request.page_type, http_enough=False, browser_gave_more=more)
    if more:
        return page, reading
    ticket.mode = "http"
    return ticket.http_in_vain


def fall_back(ticket: Ticket, reason: str, auto: AutoMode) -> tuple[Page, Reading] | None:
    """HTTP's page after the browser failed, when it had something; None when the failure is all there is."""
    if ticket.http_in_vain is None or ticket.mode != "browser":
        return None
    page, reading = ticket.http_in_vain
    auto.learned(ticket.request.source, ticket.request.page_type, http_enough=False)
    if not (reading.items or reading.follow_ups):
        return None
    ticket.mode = "http"
    ticket.note(f"the browser was asked for what HTTP lacked, and failed: {reason}")
    return page, reading
