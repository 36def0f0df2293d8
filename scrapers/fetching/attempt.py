"""One attempt at a request: permission, pace, every redirect checked again, and what the final status means."""

import asyncio
import functools
import random
from collections.abc import Awaitable, Callable

from schemas.page import Page
from schemas.reasons import Dead, Drop
from scrapers.fetching.address_guard import Guard
from scrapers.fetching.failures import AttemptDropped, AttemptFailed
from scrapers.fetching.hop import Hop, first_hop, next_hop
from scrapers.fetching.http_session import Answer, HttpSession
from scrapers.fetching.pacing import HostClock, HostClocks
from scrapers.fetching.redirects import origin_of, redirect_target
from scrapers.fetching.retries import parse_retry_after
from scrapers.fetching.robots_cache import RobotsCache
from scrapers.fetching.settings import FetchSettings
from scrapers.fetching.source_rules import SourceRules
from scrapers.fetching.ticket import Ticket
from scrapers.hosts import host_key, host_of

__all__ = ["Attempts"]

HostKey = tuple[str, int]


class Attempts:
    """Makes attempts for all queues of a process: sessions, robots.txt and host clocks are shared."""

    def __init__(self, settings: FetchSettings, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._settings = settings
        self._sleep = sleep
        self._sessions: dict[tuple[str, ...], HttpSession] = {}
        self._robots = RobotsCache(settings.robots_cache_secs, sleep)
        self.clocks = HostClocks()

    async def close(self) -> None:
        """Closes every session."""
        for session in self._sessions.values():
            await session.close()

    def _session(self, rules: SourceRules) -> HttpSession:
        """One session for each set of mappings: no source reaches what another one's `resolve` admits."""
        resolve = (*self._settings.resolve, *rules.source.resolve)
        session = self._sessions.get(resolve)
        if session is None:
            session = self._sessions[resolve] = HttpSession(Guard(resolve))
        return session

    async def fetch(self, ticket: Ticket, key: HostKey, clock: HostClock) -> Page:
        """One attempt, redirects included.

        Raises:
          AttemptFailed: what happened, and whether another attempt may help.
          AttemptDropped: robots.txt forbids it.
        """
        rules, request = ticket.rules, ticket.request
        hop = first_hop(request, rules, self._settings.secrets)
        session = self._session(rules)
        try:
            return await self._chain(ticket, hop, session, key, clock)
        except AttemptFailed as error:
            error.args = (hop.hide(str(error)),)
            raise

    async def _chain(self, ticket: Ticket, hop: Hop, session: HttpSession, key: HostKey, clock: HostClock) -> Page:
        loop = asyncio.get_running_loop()
        limits = ticket.rules.fetch(ticket.request)
        spent, redirects = 0.0, 0
        while True:
            delay_secs = await self._permit(ticket, hop, session, clock)
            await clock.turn(delay_secs, self._sleep)
            started = loop.time()
            answer = await session.send(
                hop.method, hop.url, hop.headers, hop.body,
                timeout_secs=max(0.001, limits.timeout_secs - spent), max_bytes=limits.max_bytes,
            )  # fmt: skip
            spent += loop.time() - started
            ticket.fetch_secs += loop.time() - started
            ticket.wire_bytes += answer.wire_bytes
            target = redirect_target(answer.status, answer.header("location"), hop.url) if answer.status < 400 else None
            if target is None:
                return self._page(ticket, hop, answer, spent, redirects, clock)
            redirects += 1
            if redirects > limits.max_redirects:
                raise AttemptFailed(
                    Dead.BAD_CONTENT, f"more than {limits.max_redirects} redirects, the last to {target}"
                )
            hop = next_hop(hop, answer.status, target)
            if host_of(target) != host_of(ticket.request.url):
                clock = self._clock_for(target, key, clock, ticket.rules)

    def _clock_for(self, url: str, key: HostKey, clock: HostClock, rules: SourceRules) -> HostClock:
        """Another registrable domain has its own pace, the one that everything else in the process keeps to as well."""
        there = host_key(url, key[1])
        return clock if there == key else self.clocks.of(there, rules.delay_secs)

    async def _permit(self, ticket: Ticket, hop: Hop, session: HttpSession, clock: HostClock) -> float:
        """Seconds to keep between requests to this origin.

        Raises:
          AttemptDropped, AttemptFailed: nothing may be sent there.
        """
        rules = ticket.rules
        allowed_hosts = rules.source.allow_hosts
        if allowed_hosts is not None and not _named(host_of(hop.url), allowed_hosts):
            raise AttemptFailed(Dead.ADDRESS_REFUSED, f"{host_of(hop.url)} is not among the source's allow_hosts")
        if rules.ignores_robots:
            return rules.delay_secs
        origin = origin_of(hop.url)
        robots = self._robots.known(session, origin)
        if robots is None:
            await session.admit(hop.url)
            robots = await self._robots.ask(
                session, origin, rules.headers(""),
                # the first robots.txt is fetched within the delay that a new key waits anyway
                before=None if clock.fresh else functools.partial(clock.turn, rules.delay_secs, self._sleep),
                timeout_secs=rules.fetch(ticket.request).timeout_secs,
            )  # fmt: skip
        if robots.failure is not None:
            failure = robots.failure
            raise AttemptFailed(failure.reason, f"robots.txt of {origin} could not be fetched: {failure}")
        if not robots.rules.allowed(hop.url, rules.agent):
            why = f"robots.txt of {origin} answered {robots.status}" if (robots.status or 0) >= 400 else ""
            raise AttemptDropped(Drop.ROBOTS, why)
        asked_secs = robots.crawl_delay_secs(rules.agent)
        if asked_secs <= 0:
            return rules.delay_secs
        cap_secs = rules.source.politeness.max_crawl_delay_secs
        if asked_secs > cap_secs:
            _note(ticket, f"robots.txt of {origin} asks for a delay of {asked_secs:g} s; {cap_secs:g} s were kept")
        return max(rules.delay_secs, min(asked_secs, cap_secs) * rules.slots)

    def _page(
        self, ticket: Ticket, hop: Hop, answer: Answer, spent_secs: float, redirects: int, clock: HostClock
    ) -> Page:
        """The page, unless its status says to try again or to go away. The host is paused when it asks for it."""
        page = Page(
            request=ticket.request,
            status=answer.status,
            url=hop.hide(hop.url) if redirects or hop.secrets else ticket.request.url,
            headers=answer.headers,
            body=answer.body,
            fetched_at=self._settings.clock(),
            elapsed_secs=spent_secs,
        )
        if answer.status in (429, 503):
            self._pause(ticket, answer, clock)
        return page

    def _pause(self, ticket: Ticket, answer: Answer, clock: HostClock) -> None:
        asked_secs = parse_retry_after(answer.header("retry-after"), self._settings.clock())
        if asked_secs is None:
            return
        cap_secs = ticket.rules.source.politeness.max_retry_after_secs
        if asked_secs > cap_secs:
            _note(ticket, f"Retry-After of {asked_secs:g} s; {cap_secs:g} s were kept")
        clock.pause(min(asked_secs, cap_secs) + random.random())  # noqa: S311  so that not all come back in one second


def _note(ticket: Ticket, note: str) -> None:
    if note not in ticket.notes:
        ticket.notes.append(note)


def _named(host: str, allowed: list[str]) -> bool:
    """Whether a host is one of those named, `*.shop.example` standing for all below it.

    >>> _named("www.shop.example", ["*.shop.example"]), _named("shop.example", ["other.example"])
    (True, False)
    """
    return any(host == name.lower() or (name.startswith("*.") and host.endswith(name[1:].lower())) for name in allowed)
