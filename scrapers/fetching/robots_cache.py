"""robots.txt of every origin, fetched once a day, by the same guarded session as the pages."""

import asyncio
import dataclasses
import functools
from collections.abc import Awaitable, Callable, Sequence

from scrapers.fetching.failures import AttemptFailed
from scrapers.fetching.http_session import Answer, HttpSession
from scrapers.fetching.redirects import redirect_target
from scrapers.fetching.retries import backoff_secs
from scrapers.fetching.robots import MAX_BYTES, RobotsRules, rules_for_response

__all__ = ["OriginRules", "RobotsCache"]

_ATTEMPTS = 3
_MAX_REDIRECTS = 5  # RFC 9309, 2.3.1.2
_UNREACHABLE_SECS = 300.0  # rules that stand for "no answer" are asked for again sooner
_MANY = 10_000

Headers = Sequence[tuple[str, str]]


@dataclasses.dataclass(slots=True)
class OriginRules:
    """What is known of one origin.

    Attributes:
      status: of its robots.txt.
      failure: why there was no answer at all; then nothing may be fetched, and a letter says so.
      until: loop seconds at which it is asked for again.
    """

    rules: RobotsRules
    status: int | None
    failure: AttemptFailed | None
    until: float
    _delays: dict[str, float] = dataclasses.field(default_factory=dict)

    def crawl_delay_secs(self, agent: str) -> float:
        """What robots.txt asks an agent to wait between requests; 0 when it does not."""
        delay = self._delays.get(agent)
        if delay is None:
            delay = self._delays[agent] = self.rules.crawl_delay(agent) or 0.0
        return delay


class RobotsCache:
    """The rules of origins. One fetch at a time for each; whoever else asks waits for the same answer.

    Args:
      kept_secs: how long an answer is used; RFC 9309, 2.4, says at most a day.
      first_backoff_secs: before the second attempt.
      sleep: waits between attempts.
    """

    def __init__(self, kept_secs: float, first_backoff_secs: float, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._first_backoff_secs = first_backoff_secs
        self._kept_secs = kept_secs
        self._sleep = sleep
        self._known: dict[tuple[HttpSession, str], OriginRules] = {}
        self._asked: dict[tuple[HttpSession, str], asyncio.Task[OriginRules]] = {}

    def known(self, session: HttpSession, origin: str) -> OriginRules | None:
        """The rules if they are at hand."""
        entry = self._known.get((session, origin))
        return None if entry is None or entry.until <= asyncio.get_running_loop().time() else entry

    async def ask(
        self,
        session: HttpSession,
        origin: str,
        headers: Headers,
        *,
        timeout_secs: float,
        before: Callable[[], Awaitable[None]] | None = None,
        sent: Callable[[str], None] | None = None,
    ) -> OriginRules:
        """The rules, fetched if need be. An origin that does not answer forbids everything (RFC 9309, 2.3.1.4).

        Args:
          before: waits for the host's turn.
          sent: called with the URL of each request that goes out.
        """
        if known := self.known(session, origin):
            return known
        key = session, origin
        task = self._asked.get(key)
        if task is None:
            fetch = self._fetch(session, origin, headers, timeout_secs, before, sent)
            task = self._asked[key] = asyncio.ensure_future(fetch)
            task.add_done_callback(functools.partial(self._asked_no_more, key))
        return await asyncio.shield(task)

    def _asked_no_more(self, key: tuple[HttpSession, str], task: asyncio.Task[OriginRules]) -> None:
        del self._asked[key]
        if not task.cancelled():
            task.exception()  # whoever asked has it; if nobody does any more, it is no mistake

    async def _fetch(
        self,
        session: HttpSession,
        origin: str,
        headers: Headers,
        timeout_secs: float,
        before: Callable[[], Awaitable[None]] | None,
        sent: Callable[[str], None] | None,
    ) -> OriginRules:
        if before is not None:
            await before()
        for attempt in range(1, _ATTEMPTS + 1):
            answer, failure = None, None
            try:
                answer = await self._follow(session, f"{origin}/robots.txt", headers, timeout_secs, sent)
            except AttemptFailed as error:
                failure = error
            transient = failure.transient if failure else answer is not None and _says_later(answer.status)
            if not transient or attempt == _ATTEMPTS:
                break
            await self._sleep(backoff_secs(attempt, self._first_backoff_secs))
        return self._keep(session, origin, answer, failure)

    def _keep(
        self, session: HttpSession, origin: str, answer: Answer | None, failure: AttemptFailed | None
    ) -> OriginRules:
        status = answer.status if answer else None
        rules = rules_for_response(status, answer.body if answer else b"")
        certain = status is not None and not _says_later(status)
        secs = self._kept_secs if certain else min(_UNREACHABLE_SECS, self._kept_secs)
        if len(self._known) >= _MANY:
            self._known.clear()
        entry = OriginRules(rules, status, failure, asyncio.get_running_loop().time() + secs)
        self._known[session, origin] = entry
        return entry

    async def _follow(
        self,
        session: HttpSession,
        url: str,
        headers: Headers,
        timeout_secs: float,
        sent: Callable[[str], None] | None,
    ) -> Answer:
        for _ in range(_MAX_REDIRECTS + 1):
            answer = await session.send(
                "GET", url, headers, None, timeout_secs=timeout_secs, max_bytes=MAX_BYTES, cut=True,
                sent=functools.partial(sent, url) if sent is not None else None,
            )  # fmt: skip
            target = redirect_target(answer.status, answer.header("location"), url)
            if target is None:
                return answer
            url = target
        return answer


def _says_later(status: int) -> bool:
    return status == 429 or status >= 500
