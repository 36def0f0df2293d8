"""Whether a URL may be asked for, and how long to wait between two requests to its origin."""

import functools
from collections.abc import Awaitable, Callable

from schemas.reasons import Dead, Drop
from scrapers.fetching.failures import AttemptDropped, AttemptFailed
from scrapers.fetching.host_uses import robots_sent, use_of
from scrapers.fetching.http_session import HttpSession
from scrapers.fetching.pacing import HostClock
from scrapers.fetching.redirects import origin_of
from scrapers.fetching.robots_cache import OriginRules, RobotsCache
from scrapers.fetching.settings import FetchSettings
from scrapers.fetching.ticket import Ticket
from scrapers.hosts import host_of, registrable_domain

__all__ = ["Permissions"]


class Permissions:
    """Asks the source's own list of hosts, the address guard and robots.txt, in this order."""

    def __init__(self, settings: FetchSettings, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._sleep = sleep
        self._robots = RobotsCache(settings.robots_cache_secs, settings.backoff_secs, sleep)

    async def delay_secs(self, ticket: Ticket, url: str, session: HttpSession, clock: HostClock) -> float:
        """Seconds to keep between requests to the URL's origin.

        Raises:
          AttemptDropped: robots.txt forbids it.
          AttemptFailed: it may not, or cannot, be reached.
        """
        rules = ticket.rules
        allowed_hosts = rules.source.allow_hosts
        if allowed_hosts is not None and not is_named(host_of(url), allowed_hosts):
            raise AttemptFailed(Dead.ADDRESS_REFUSED, f"{host_of(url)} is not among the source's allow_hosts")
        if rules.ignores_robots:
            return rules.delay_secs
        origin = origin_of(url)
        robots = self._robots.known(session, origin)
        if robots is None:
            await session.admit(url)
            robots = await self._ask(ticket, origin, session, clock)
        if robots.failure is not None:
            failure = robots.failure
            raise AttemptFailed(failure.reason, f"robots.txt of {origin} could not be fetched: {failure}")
        if not robots.rules.allowed(url, rules.agent):
            answered = robots.status or 0
            raise AttemptDropped(Drop.ROBOTS, f"robots.txt of {origin} answered {answered}" if answered >= 400 else "")
        asked_secs = robots.crawl_delay_secs(rules.agent)
        return _with_crawl_delay(ticket, origin, asked_secs, clock) if asked_secs > 0 else rules.delay_secs

    async def _ask(self, ticket: Ticket, origin: str, session: HttpSession, clock: HostClock) -> OriginRules:
        """The first robots.txt of a key is fetched within the delay that a new key waits; later ones take a turn."""
        rules = ticket.rules
        turn = functools.partial(clock.turn, rules.delay_secs, self._sleep)
        timeout_secs = rules.fetch(ticket.request).timeout_secs
        return await self._robots.ask(
            session, origin, rules.headers(""), timeout_secs=timeout_secs, before=None if clock.fresh else turn,
            sent=functools.partial(_robots_sent, ticket),
        )  # fmt: skip


def _robots_sent(ticket: Ticket, url: str) -> None:
    robots_sent(ticket, registrable_domain(host_of(url)))


def _with_crawl_delay(ticket: Ticket, origin: str, asked_secs: float, clock: HostClock) -> float:
    """The longer one of the source's delay and what robots.txt asks for, which is capped."""
    rules = ticket.rules
    use = use_of(ticket, clock.domain.name)
    use.crawl_delay_secs = max(use.crawl_delay_secs, asked_secs)
    cap_secs = rules.source.politeness.max_crawl_delay_secs
    if asked_secs > cap_secs:
        ticket.note(f"robots.txt of {origin} asks for a delay of {asked_secs:g} s; {cap_secs:g} s were kept")
    return max(rules.delay_secs, min(asked_secs, cap_secs) * rules.slots)


def is_named(host: str, allowed: list[str]) -> bool:
    """Whether a host is one of those named, `*.shop.example` standing for all below it.

    >>> is_named("www.shop.example", ["*.shop.example"]), is_named("shop.example", ["other.example"])
    (True, False)
    """
    return any(host == name.lower() or (name.startswith("*.") and host.endswith(name[1:].lower())) for name in allowed)
