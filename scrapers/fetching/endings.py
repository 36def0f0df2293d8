"""How a request ends: what leaves the scrape stage for it. An item that a request carries ends with it, always."""

from collections.abc import Mapping, Sequence

from schemas.dead_letter import DeadLetter
from schemas.host_use import HostUse
from schemas.outcome import End, Outcome, Scraped
from schemas.page import Page
from schemas.reading import Reading
from schemas.reasons import Dead, Drop
from schemas.request import Request, RequestSpec
from scrapers.extraction.python_scrapers import place_of
from scrapers.extraction.unwritten import without
from scrapers.fetching.ticket import Ticket

__all__ = [
    "TOO_LATE",
    "announced",
    "died",
    "dropped",
    "ended_by_reading",
    "refused",
    "spec_outcome",
    "spec_refused",
    "used",
]

TOO_LATE = "the execution's deadline had passed before this was fetched"


def _outcome(
    ticket: Ticket, end: End, reason: str = "", spawned: tuple[str, ...] = (), notes: tuple[str, ...] = ()
) -> Outcome:
    request = ticket.request
    return Outcome(
        execution_id=request.execution_id,
        source=request.source,
        request_id=request.request_id,
        end=end,
        reason=str(reason),
        spawned=spawned,
        retries=ticket.retries_before + max(0, ticket.attempts - 1),
        bytes=ticket.wire_bytes,
        fetch_secs=ticket.fetch_secs,
        page_type=request.page_type,
        rendered=ticket.mode == "browser",
        browser_secs=ticket.browser_secs,
        http_in_vain=bool(ticket.http_lacked),
        http_lacked=ticket.http_lacked,
        from_archive=ticket.from_archive,
        notes=(*ticket.notes, *notes) if ticket.notes or notes else (),
    )


def _emit_carried(scraped: Scraped, ticket: Ticket) -> Scraped:
    """With `if_failed: emit` the item that the request carried becomes a row although its page failed."""
    request, page_type = ticket.request, ticket.rules.page_type(ticket.request)
    if request.item is not None and page_type.if_failed == "emit":
        scraped.items = [without(request.item, ticket.rules.unwritten)]
        scraped.table = page_type.table or ticket.rules.source.table or ""
        scraped.scraper_version = ticket.rules.loaded.digest
        scraped.request = request
    return scraped


def died(
    ticket: Ticket, reason: Dead, error: BaseException | str, page: Page | None = None, notes: tuple[str, ...] = ()
) -> Scraped:
    """One dead letter, which holds the carried item; and with `if_failed: emit` the item itself."""
    request = ticket.request
    stage = "parse" if reason in (Dead.PARSE_ERROR, Dead.NO_ITEMS) else "scrape"
    if isinstance(error, str):
        letter = DeadLetter(stage, reason, request, error[:2000], url=request.url)
    else:
        letter = DeadLetter.of_error(stage, reason, request, error)
        if place := place_of(error):
            letter.message = f"{place}: {letter.error_type}: {letter.message}"
    if page is not None:
        letter.status, letter.url = page.status, page.url
    letter.first_failed_at = ticket.first_failed_at
    letter.attempts = max(1, ticket.attempts)
    letter.item = dict(request.item) if request.item is not None else None
    scraped = Scraped(_outcome(ticket, "dead", reason, notes=notes), page=page, letter=letter)
    return _emit_carried(scraped, ticket)


def dropped(ticket: Ticket, reason: Drop, note: str = "", page: Page | None = None) -> Scraped:
    """Left out on purpose. A carried item is left out with it, for the same reason, unless `if_failed: emit` saves it.

    Not even `emit` saves it when the run is cancelled: `--resume` goes on with the request, and would write it again.
    """
    scraped = Scraped(_outcome(ticket, "dropped", reason, notes=(note,) if note else ()), page=page)
    return scraped if reason is Drop.CANCELLED else _emit_carried(scraped, ticket)


def ended_by_reading(ticket: Ticket, page: Page, reading: Reading, spawned: tuple[str, ...]) -> Scraped:
    """What the reading makes of a page: its items, or the letter for a page that is none."""
    notes = tuple(reading.notes)
    if reading.verdict == "blocked":
        return died(ticket, Dead.BLOCKED, f"a block page: {reading.marker}", page, notes)
    if reading.verdict == "login_required":
        return died(ticket, Dead.LOGIN_REQUIRED, f"a login wall: {reading.marker}", page, notes)
    if _is_silent(reading, spawned) and not _may_be_empty(ticket, reading):
        mime = page.header("content-type").partition(";")[0].strip() or "of no content type"
        silent = died(ticket, Dead.NO_ITEMS, f"the page ({mime}) has no items and leads nowhere", page, notes)
        silent.outcome.skeleton = reading.skeleton
        return silent
    outcome = _outcome(ticket, "pages", spawned=spawned, notes=notes)
    outcome.rendered = page.rendered  # one from the archive was not fetched in any way
    outcome.skeleton = reading.skeleton
    return Scraped(
        outcome,
        page=page,
        table=reading.table,
        items=reading.items,
        problems=reading.problems,
        filtered=reading.filtered,
        scraper_version=ticket.rules.loaded.digest,
    )


def _is_silent(reading: Reading, spawned: tuple[str, ...]) -> bool:
    return not (reading.items or spawned or reading.follow_ups or reading.filtered)


def _may_be_empty(ticket: Ticket, reading: Reading) -> bool:
    """Whether nothing is an answer: the parser says so (a counted listing has come to its end), or the source does."""
    return reading.verdict == "empty" or ticket.rules.page_type(ticket.request).empty == "ok"


def spec_outcome(
    spec: RequestSpec, spawned: tuple[str, ...], *, last: bool, cut: Drop | None = None, note: str = ""
) -> Scraped:
    """Ids that a spec was expanded to; `last` with the spec's own end, else without any id.

    A spec that is cut before its end is dropped with the reason, and a note says so.
    """
    return Scraped(
        Outcome(
            execution_id=spec.execution_id,
            source=spec.source,
            request_id=spec.spec_id if last else "",
            end="dropped" if cut else "pages",
            reason=str(cut) if cut else "",
            spawned=spawned,
            notes=(note,) if note else (),
            is_spec=last,
        )
    )


def announced(spec: RequestSpec) -> Scraped:
    """Says that a spec leaves for another host: its id must end too."""
    return Scraped(Outcome(spec.execution_id, spec.source, "", "pages", spawned=(spec.spec_id,)))


def used(execution_id: str, source: str, hosts: Mapping[str, HostUse]) -> Scraped:
    """Tells what an execution's requests have done to their hosts since this was last told."""
    return Scraped(Outcome(execution_id, source, "", "pages", hosts=hosts))


def spec_refused(spec: RequestSpec, reason: Dead, error: BaseException | str, spawned: tuple[str, ...] = ()) -> Scraped:
    """The letter of a spec that could not be expanded (further)."""
    request = Request(spec.source, "", spec.execution_id, params=spec.params, request_id=spec.spec_id)
    if isinstance(error, str):
        letter = DeadLetter("scrape", reason, request, error)
    else:
        letter = DeadLetter.of_error("scrape", reason, request, error)
    scraped = spec_outcome(spec, spawned, last=True)
    scraped.outcome.end, scraped.outcome.reason, scraped.letter = "dead", str(reason), letter
    scraped.outcome.is_spec = False  # its letter counts as one of a request
    return scraped


def refused(spec: RequestSpec, requests: Sequence[Request], reason: Dead, why: str) -> list[Scraped]:
    """The ends of a spec that cannot be worked on here: a letter of each of its requests, one of all its seeds.

    Args:
      requests: the spec's own, and follow-ups of its pages that have not ended.
    """
    ids = tuple(request.request_id for request in requests)
    own = spec_outcome(spec, ids, last=True) if spec.requests else spec_refused(spec, reason, why, ids)
    return [own, *(_refused(request, reason, why) for request in requests)]


def _refused(request: Request, reason: Dead, why: str) -> Scraped:
    letter = DeadLetter("scrape", reason, request, why, url=request.url)
    letter.item = dict(request.item) if request.item is not None else None
    outcome = Outcome(
        request.execution_id, request.source, request.request_id, "dead", str(reason), page_type=request.page_type
    )
    return Scraped(outcome, letter=letter)
