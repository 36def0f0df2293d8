"""The course of one request: from the archive or over the network, by its status, through the parser, to its end."""

import asyncio
import functools
from typing import TYPE_CHECKING

from schemas.outcome import Scraped
from schemas.page import Page
from schemas.reading import Reading
from schemas.reasons import Dead, Drop
from scrapers.fetching import auto_course, endings
from scrapers.fetching.failures import AttemptDropped, AttemptFailed, Stopped
from scrapers.fetching.retries import backoff_secs
from scrapers.fetching.status_policy import reason_of_status
from scrapers.fetching.ticket import Ticket
from scrapers.fetching.welcome import read_as_sitemap, refuse_body, unwelcome
from scrapers.source_files.sitemaps import SITEMAP

if TYPE_CHECKING:
    from scrapers.fetching.fetch_loop import FetchLoop
    from scrapers.fetching.host_queue import HostQueue

__all__ = ["TicketCourse"]


class TicketCourse:
    """Carries the requests of one queue to their ends. Everything but the parsing runs on the loop."""

    def __init__(self, queue: "HostQueue", loop: "FetchLoop") -> None:
        self._queue = queue
        self._loop = loop

    async def run(self, ticket: Ticket) -> None:
        """One attempt. Afterwards the request has ended, is with the reader, or waits for its next attempt."""
        try:
            await self._loop.suspects.admit(ticket)
            page = self._archived(ticket) or await self._fetch(ticket)
            self._judge(ticket, page)
        except AttemptFailed as error:
            self._failed(ticket, error)
        except AttemptDropped as error:
            note = self._queue.once(ticket.request, error.note)
            self._queue.end(ticket, endings.dropped(ticket, error.reason, note))
        except (Stopped, asyncio.CancelledError):
            self._queue.end(ticket, endings.dropped(ticket, Drop.CANCELLED))
        except Exception as error:  # noqa: BLE001  the boundary around one request: nothing may take its host down
            self._queue.end(ticket, endings.died(ticket, Dead.BAD_CONTENT, error, ticket.last_page))

    def _archived(self, ticket: Ticket) -> Page | None:
        """The page that an earlier run archived; one that was to be tried again is fetched instead."""
        ledger = self._loop.settings.ledger
        page = ledger(ticket.request) if ledger and not ticket.attempts else None
        if page is None or ticket.rules.policy(page.status) == "retry":
            return None
        self._loop.suspects.begin(ticket)
        ticket.from_archive = True
        ticket.mode = "browser" if page.rendered else "http"
        return page

    async def _fetch(self, ticket: Ticket) -> Page:
        loop, rules = self._loop, ticket.rules
        auto_course.choose_mode(ticket, loop.auto)
        clock = loop.attempts.clocks.of(self._queue.key, rules.delay_secs)
        await clock.enter(rules.concurrency, loop.sleep)
        try:
            if not ticket.attempts:
                ticket.first_sent = loop.time()
            ticket.attempts += 1
            ticket.last_page = None
            loop.progress.requests += 1
            loop.suspects.begin(ticket)
            check = functools.partial(self._check, ticket)
            return await loop.attempts.fetch(ticket, self._queue.key, clock, check)
        finally:
            clock.leave()

    def _check(self, ticket: Ticket) -> None:
        """While a request waited for its turn, its source may have been paused, or its time have run out.

        Raises:
          AttemptDropped: for one of these.
          AttemptFailed: nobody wants its page any more.
        """
        limiter = self._queue.limiter
        if refusal := limiter.spent(ticket.rules, ticket.request.execution_id, self._loop.time()):
            raise AttemptDropped(*refusal)
        if ticket.budget.is_late(self._loop.settings.clock):
            raise AttemptFailed(Dead.EXPIRED, endings.TOO_LATE)

    def _judge(self, ticket: Ticket, page: Page) -> None:
        """What the status means. Raises AttemptFailed to have the request tried again."""
        policy = ticket.rules.policy(page.status)
        if policy == "parse":
            self._read(ticket, page)
        elif policy == "drop":
            self._queue.end(ticket, endings.dropped(ticket, Drop.STATUS_DROP, page=page))
        elif policy == "blocked":
            self._queue.end(ticket, endings.died(ticket, Dead.BLOCKED, f"HTTP {page.status}", page))
        elif reason := unwelcome(ticket, page):
            self._queue.end(ticket, endings.died(ticket, *reason, page))
        elif policy == "retry":
            ticket.last_page = page
            raise AttemptFailed(reason_of_status(page.status), f"HTTP {page.status}", transient=True)
        else:
            self._queue.end(ticket, endings.died(ticket, reason_of_status(page.status), f"HTTP {page.status}", page))

    def _read(self, ticket: Ticket, page: Page) -> None:
        """Hands the page to the parser, unless it is none."""
        read = self._loop.read
        if ticket.request.page_type == SITEMAP:
            read = functools.partial(read_as_sitemap, ticket)
        elif refusal := refuse_body(ticket, page):
            self._queue.end(ticket, endings.died(ticket, Dead.BAD_CONTENT, refusal, page))
            return
        self._queue.visit.reads(page, 1)
        self._loop.reader.submit(page, read, functools.partial(self._has_read, ticket, page))

    def _has_read(self, ticket: Ticket, page: Page, result: Reading | Exception) -> None:
        queue = self._queue
        queue.visit.reads(page, -1)
        try:
            if isinstance(result, Exception):
                raise result
            if auto_course.needs_browser(ticket, page, result, self._loop.auto):
                return queue.retry(ticket, 0.0)
            scraped = self._ended(ticket, *auto_course.the_better(ticket, page, result, self._loop.auto))
        except Exception as error:  # noqa: BLE001  the parser's, or what somebody's own scraper called a reading
            scraped = endings.died(ticket, Dead.PARSE_ERROR, error, page)
        return queue.ended_by_reader(ticket, scraped)

    def _ended(self, ticket: Ticket, page: Page, reading: Reading) -> Scraped:
        welcome = reading.verdict not in ("blocked", "login_required")
        spawned = self._queue.follow(ticket, reading.follow_ups) if welcome else ()
        return endings.ended_by_reading(ticket, page, reading, spawned)

    def _failed(self, ticket: Ticket, error: AttemptFailed) -> None:
        """Another attempt if there may be one, else the letter."""
        loop, limits = self._loop, ticket.rules.fetch(ticket.request)
        ticket.first_failed_at = ticket.first_failed_at or loop.settings.clock()
        ticket.last_page = error.page or ticket.last_page
        message = str(error)
        if error.transient and ticket.attempts <= limits.retries:
            wait_secs = self._wait_secs(ticket)
            if loop.stopping:
                return self._queue.end(ticket, endings.dropped(ticket, Drop.CANCELLED))
            if loop.time() + wait_secs - ticket.first_sent <= limits.max_age_secs:
                loop.progress.retries += 1
                return self._queue.retry(ticket, wait_secs)
            message += f"; not tried again within fetch.max_age_secs {limits.max_age_secs:g}"
        if kept := auto_course.fall_back(ticket, f"{error.reason}: {message}", loop.auto):
            return self._queue.end(ticket, self._ended(ticket, *kept))
        scraped = endings.died(ticket, error.reason, message, ticket.last_page)
        if scraped.letter is not None:
            scraped.letter.error_type = type(error.__cause__ or error).__name__
        return self._queue.end(ticket, scraped)

    def _wait_secs(self, ticket: Ticket) -> float:
        """Until the next attempt: the backoff, or the rest of the pause that the host asked for."""
        clock = self._loop.attempts.clocks.of(self._queue.key, ticket.rules.delay_secs)
        backoff = backoff_secs(max(1, ticket.attempts), self._loop.settings.backoff_secs)
        return max(backoff, clock.domain.paused_until - self._loop.time())
