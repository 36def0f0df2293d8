"""The course of one request: from the archive or over the network, by its status, through the parser, to its end."""

import asyncio
import functools
from typing import TYPE_CHECKING

from schemas.page import Page
from schemas.reading import Reading
from schemas.reasons import Dead, Drop
from scrapers.fetching import endings
from scrapers.fetching.charset import decode
from scrapers.fetching.content_types import refuse_content
from scrapers.fetching.failures import AttemptDropped, AttemptFailed, Stopped
from scrapers.fetching.markers import find_marker
from scrapers.fetching.retries import backoff_secs
from scrapers.fetching.status_policy import reason_of_status
from scrapers.fetching.ticket import Ticket
from scrapers.source_files.sitemaps import SITEMAP, read_sitemap

if TYPE_CHECKING:
    from scrapers.fetching.fetch_loop import FetchLoop
    from scrapers.fetching.host_queue import HostQueue

__all__ = ["TicketCourse"]

_MAY_BE_BLOCKS = frozenset({401, 403, 407, 429, 451, 503})


class TicketCourse:
    """Carries the requests of one queue to their ends. Everything but the parsing runs on the loop."""

    def __init__(self, queue: "HostQueue", loop: "FetchLoop") -> None:
        self._queue = queue
        self._loop = loop

    async def run(self, ticket: Ticket) -> None:
        """One attempt. Afterwards the request has ended, is with the reader, or waits for its next attempt."""
        try:
            page = self._archived(ticket) or await self._fetch(ticket)
            self._judge(ticket, page)
        except AttemptFailed as error:
            self._failed(ticket, error)
        except AttemptDropped as error:
            self._queue.end(ticket, endings.dropped(ticket, error.reason, error.note))
        except (Stopped, asyncio.CancelledError):
            self._queue.end(ticket, endings.dropped(ticket, Drop.CANCELLED))
        except Exception as error:  # noqa: BLE001  the boundary around one request: nothing may take its host down
            self._queue.end(ticket, endings.died(ticket, Dead.BAD_CONTENT, error))

    def _archived(self, ticket: Ticket) -> Page | None:
        """The page that an earlier run archived; one that was to be tried again is fetched instead."""
        ledger = self._loop.settings.ledger
        page = ledger(ticket.request) if ledger and not ticket.attempts else None
        if page is None or ticket.rules.policy(page.status) == "retry":
            return None
        ticket.from_archive = True
        return page

    async def _fetch(self, ticket: Ticket) -> Page:
        loop, rules = self._loop, ticket.rules
        clock = loop.attempts.clocks.of(self._queue.key, rules.delay_secs)
        await clock.enter(rules.concurrency, loop.sleep)
        try:
            if not ticket.attempts:
                ticket.first_sent = loop.time()
            ticket.attempts += 1
            loop.progress.requests += 1
            return await loop.attempts.fetch(ticket, self._queue.key, clock)
        finally:
            clock.leave()

    def _judge(self, ticket: Ticket, page: Page) -> None:
        """What the status means. Raises AttemptFailed to have the request tried again."""
        policy = ticket.rules.policy(page.status)
        if policy == "parse":
            self._read(ticket, page)
        elif policy == "drop":
            self._queue.end(ticket, endings.dropped(ticket, Drop.STATUS_DROP, page=page))
        elif policy == "blocked":
            self._queue.end(ticket, endings.died(ticket, Dead.BLOCKED, f"HTTP {page.status}", page))
        elif reason := self._unwelcome(ticket, page):
            self._queue.end(ticket, endings.died(ticket, *reason, page))
        elif policy == "retry":
            ticket.last_page = page
            raise AttemptFailed(reason_of_status(page.status), f"HTTP {page.status}", transient=True)
        else:
            self._queue.end(ticket, endings.died(ticket, reason_of_status(page.status), f"HTTP {page.status}", page))

    def _unwelcome(self, ticket: Ticket, page: Page) -> tuple[Dead, str] | None:
        """Whether an error page is a block page or a login wall: then trying again would be impolite."""
        if page.status not in _MAY_BE_BLOCKS:
            return None
        text = decode(page.body[:200_000], page.header("content-type"), ticket.rules.fetch(ticket.request).charset)
        found = find_marker(page, text, ticket.rules.source.markers)
        return (Dead(found.kind), f"HTTP {page.status}, {found.marker}") if found else None

    def _read(self, ticket: Ticket, page: Page) -> None:
        request, rules = ticket.request, ticket.rules
        if request.page_type == SITEMAP:
            self._loop.reader.submit(
                page, functools.partial(_read_sitemap, ticket), functools.partial(self._has_read, ticket, page)
            )
            return
        refusal = refuse_content(rules.fetch(request), page.header("content-type"), page.body)
        if not page.body and request.method != "HEAD" and rules.page_type(request).empty != "ok":
            refusal = "the body is empty"
        if refusal:
            self._queue.end(ticket, endings.died(ticket, Dead.BAD_CONTENT, refusal, page))
            return
        self._loop.reader.submit(page, self._loop.read, functools.partial(self._has_read, ticket, page))

    def _has_read(self, ticket: Ticket, page: Page, result: Reading | Exception) -> None:
        queue = self._queue
        if isinstance(result, Exception):
            queue.ended_by_reader(ticket, endings.died(ticket, Dead.PARSE_ERROR, result, page))
            return
        welcome = result.verdict not in ("blocked", "login_required")
        spawned = queue.follow(ticket, result.follow_ups) if welcome else ()
        queue.ended_by_reader(ticket, endings.ended_by_reading(ticket, page, result, spawned))

    def _failed(self, ticket: Ticket, error: AttemptFailed) -> None:
        """Another attempt if there may be one, else the letter."""
        loop = self._loop
        limits = ticket.rules.fetch(ticket.request)
        clock = loop.attempts.clocks.of(self._queue.key, ticket.rules.delay_secs)
        wait_secs = max(backoff_secs(max(1, ticket.attempts)), clock.domain.paused_until - loop.time())
        too_old = loop.time() + wait_secs - ticket.first_sent > limits.max_age_secs
        if error.transient and ticket.attempts <= limits.retries and not too_old and not loop.stopping:
            loop.progress.retries += 1
            self._queue.retry(ticket, wait_secs)
            return
        message = f"{error}; older than fetch.max_age_secs, not tried again" if error.transient and too_old else error
        self._queue.end(ticket, endings.died(ticket, error.reason, message, ticket.last_page))


def _read_sitemap(ticket: Ticket, page: Page) -> Reading:
    requests, sitemaps = read_sitemap(page, ticket.rules.loaded)
    return Reading(follow_ups=[*requests, *sitemaps])
