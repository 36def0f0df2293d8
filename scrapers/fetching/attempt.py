"""One attempt at a request: through every redirect, each of which is asked about, checked and paced like a request."""

import asyncio
import dataclasses
import functools
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from schemas.page import Page
from schemas.reasons import Dead, Drop
from scrapers.fetching.address_guard import Guard
from scrapers.fetching.chain_cookies import ChainCookies
from scrapers.fetching.failures import AttemptDropped, AttemptFailed
from scrapers.fetching.hop import Hop, first_hop, next_hop
from scrapers.fetching.host_uses import Sending, use_of
from scrapers.fetching.http_session import Answer, HttpSession
from scrapers.fetching.pacing import HostClock, HostClocks
from scrapers.fetching.permission import Permissions
from scrapers.fetching.proxied_session import ProxiedSession
from scrapers.fetching.proxies import Proxies
from scrapers.fetching.redirects import redirect_target
from scrapers.fetching.retries import parse_retry_after
from scrapers.fetching.settings import FetchSettings
from scrapers.fetching.source_rules import SourceRules
from scrapers.fetching.ticket import Ticket
from scrapers.hosts import host_key
from scrapers.source_files.load import LoadedSource

if TYPE_CHECKING:
    from scrapers.browsing.session_state import SessionState
    from scrapers.fetching.browser_places import BrowserPlaces

__all__ = ["Attempts"]

HostKey = tuple[str, int]
SessionKey = tuple[tuple[str, ...], tuple[str, ...], bool]


class Attempts:
    """Makes attempts for all queues of a process: sessions, robots.txt and host clocks are shared."""

    def __init__(
        self,
        settings: FetchSettings,
        sources: Mapping[str, LoadedSource],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.settings = settings
        self._sources = sources
        self.sleep = sleep
        self.clocks = HostClocks()
        self.permissions = Permissions(settings, sleep)
        self._sessions: dict[SessionKey, HttpSession] = {}
        self._places: BrowserPlaces | None = None

    async def close(self) -> None:
        """Closes every session, and the browser."""
        for session in self._sessions.values():
            session.close()
        if self._places is not None:
            await self._places.close()

    @property
    def places(self) -> "BrowserPlaces":
        """The browser; made when the first page needs it, because Playwright alone takes long to import."""
        if self._places is None:
            from scrapers.fetching.browser_places import BrowserPlaces

            self._places = BrowserPlaces(self.settings, self._sources.values())
        return self._places

    def session(self, rules: SourceRules) -> HttpSession:
        """One session for each set of mappings and proxies: no source reaches what another one's `resolve` admits."""
        resolve = (*self.settings.resolve, *rules.source.resolve)
        keep = bool(rules.proxies) and rules.source.session is not None
        session = self._sessions.get((resolve, rules.proxies, keep))
        if session is None:
            guard = Guard(resolve)
            if rules.proxies:
                session = ProxiedSession(guard, Proxies(rules.proxies, guard, self.settings.secrets), keep=keep)
            else:
                session = HttpSession(guard)
            self._sessions[resolve, rules.proxies, keep] = session
        return session

    async def fetch(self, ticket: Ticket, key: HostKey, clock: HostClock, check: Callable[[], None]) -> Page:
        """One attempt, redirects included.

        Args:
          clock: of `key`.
          check: raises AttemptDropped when the request is no longer wanted, after its wait for the host's turn.

        Raises:
          AttemptFailed: what happened, and whether another attempt may help.
          AttemptDropped: robots.txt forbids it, or `check` says so.
        """
        rules = ticket.rules
        hop = first_hop(ticket.request, rules, self.settings.secrets)

        async def load(session: "SessionState | None" = None) -> Page:
            if ticket.mode != "browser":
                return await _Chain(self, ticket, key, clock, check, hop, session).follow()
            from scrapers.fetching.browser_attempt import BrowserAttempt

            return await BrowserAttempt(self, ticket, clock, check, hop, session).render()

        try:
            if rules.source.session is None:
                return await load()
            from scrapers.fetching.browser_login import log_in_to

            check()  # while it waited, log-ins that failed may have paused its source
            return await self.places.sessions.fetch(rules, functools.partial(log_in_to, self, rules), load)
        except AttemptFailed as error:
            error.args = (hop.hide(str(error)),)
            raise

    def pause_as_asked(self, ticket: Ticket, clock: HostClock, page: Page) -> None:
        """Obeys the Retry-After of a 429 or 503, for the whole domain."""
        if page.status not in (429, 503):
            return
        use = use_of(ticket, clock.domain.name)
        use.slow_downs += 1
        asked_secs = parse_retry_after(page.header("retry-after"), self.settings.clock())
        if asked_secs is None:
            return
        cap_secs = ticket.rules.source.politeness.max_retry_after_secs
        if asked_secs > cap_secs:
            ticket.note(f"Retry-After of {asked_secs:g} s; {cap_secs:g} s were kept")
        jitter_secs = random.random() * min(1.0, asked_secs)  # noqa: S311  so that not all processes come back at once
        use.paused_secs += min(asked_secs, cap_secs)
        clock.pause(min(asked_secs, cap_secs) + jitter_secs)


@dataclasses.dataclass(slots=True)
class _Chain:
    """The requests of one attempt, from the first to the one that is no redirect."""

    attempts: Attempts
    ticket: Ticket
    key: HostKey
    clock: HostClock
    check: Callable[[], None]
    hop: Hop
    session: "SessionState | None" = None
    spent_secs: float = 0.0
    been_at: list[tuple[str, str, str]] = dataclasses.field(default_factory=list)
    cookies: ChainCookies | None = None

    async def follow(self) -> Page:
        limits = self.ticket.rules.fetch(self.ticket.request)
        if self.session is not None:
            self.hop = dataclasses.replace(self.hop, cookie=self._cookie(self.hop.url))
        answer = None
        while True:
            try:
                answer = await self._send()
            except AttemptDropped as error:
                if answer is None or error.reason != Drop.ROBOTS or not self._is_at_login():
                    raise
                return self._page(answer)  # the redirect alone says that the session is over
            target = redirect_target(answer.status, answer.header("location"), self.hop.url)
            if target is None:
                return self._page(answer)
            if len(self.been_at) >= limits.max_redirects:
                raise AttemptFailed(
                    Dead.BAD_CONTENT, f"more than {limits.max_redirects} redirects, the next to {target}"
                )
            self._turn_to(target, answer)

    async def _send(self) -> Answer:
        """One hop, when it is allowed and its turn has come. An attempt's time is that of its hops, without waits."""
        attempts, ticket, hop = self.attempts, self.ticket, self.hop
        limits = ticket.rules.fetch(ticket.request)
        session = attempts.session(ticket.rules)
        delay_secs = await attempts.permissions.delay_secs(ticket, hop.url, session, self.clock)
        await self.clock.turn(delay_secs, attempts.sleep)
        self.check()
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            with Sending(ticket, self.clock, delay_secs) as sending:
                answer = await session.send(
                    hop.method, hop.url, hop.sent_headers(), hop.body,
                    timeout_secs=max(0.001, limits.timeout_secs - self.spent_secs),
                    max_bytes=limits.max_bytes, sent=sending,
                )  # fmt: skip
        finally:
            secs = loop.time() - started
            self.spent_secs += secs
            ticket.fetch_secs += secs
        ticket.wire_bytes += answer.wire_bytes
        return answer

    def _turn_to(self, target: str, answer: Answer) -> None:
        """Makes the redirect's target the next hop. Raises AttemptFailed for a loop."""
        hop = self.hop
        self.cookies = self.cookies or ChainCookies()
        self.been_at.append((hop.method, hop.url, hop.cookie))
        self.cookies.keep(answer, hop.url)
        following = next_hop(hop, answer.status, target)
        cookie = self._cookie(target)
        if (following.method, target, cookie) in self.been_at:
            raise AttemptFailed(Dead.BAD_CONTENT, f"the redirects go round in a loop, back to {target}")
        self.hop = dataclasses.replace(following, cookie=cookie)
        there = host_key(target, self.key[1])
        # another registrable domain keeps its own pace, the one that everything else in the process keeps to as well
        self.clock = self.attempts.clocks.of(there, self.ticket.rules.delay_secs)

    def _is_at_login(self) -> bool:
        """Whether a page of a session led to where the source logs in."""
        if self.session is None:
            return False
        from scrapers.browsing.login_check import is_login_page

        return is_login_page(self.hop.url, self.ticket.rules.source)

    def _cookie(self, url: str) -> str:
        """Of the source's session, and what the chain's own answers have set."""
        own = self.cookies.header(url) if self.cookies is not None else ""
        if self.session is None:
            return own
        from scrapers.browsing.session_cookies import cookie_header

        return cookie_header(self.session.storage, url, self.attempts.settings.clock(), own)

    def _page(self, answer: Answer) -> Page:
        hop, request, settings = self.hop, self.ticket.request, self.attempts.settings
        page = Page(
            request=request,
            status=answer.status,
            url=hop.hide(hop.url) if self.been_at or hop.secrets else request.url,
            headers=answer.headers,
            body=answer.body,
            fetched_at=settings.clock(),
            elapsed_secs=self.spent_secs,
        )
        self.attempts.pause_as_asked(self.ticket, self.clock, page)
        return page
