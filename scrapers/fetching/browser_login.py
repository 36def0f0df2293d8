"""A source's log-in with what the fetcher has: a tab of its own, the source's guard, the host's pace.

robots.txt is not asked about the log-in page: somebody who has an account there goes through it once a session, as with
a browser of his own; what is fetched afterwards is asked about like everything else.
"""

import asyncio
from typing import TYPE_CHECKING

from schemas.reasons import Dead
from scrapers.browsing.login import log_in
from scrapers.browsing.session_state import Storage
from scrapers.fetching.failures import AttemptFailed
from scrapers.fetching.permission import is_named
from scrapers.fetching.source_rules import SourceRules
from scrapers.hosts import host_key, host_of

if TYPE_CHECKING:
    from scrapers.fetching.attempt import Attempts

__all__ = ["log_in_to"]


async def log_in_to(attempts: "Attempts", rules: SourceRules) -> Storage:
    """The session that a source's log-in steps lead to. Raises AttemptFailed, or RenderingFailed without a tab."""
    session, places = rules.source.session, attempts.places
    if session is None or session.login is None:
        raise AttemptFailed(Dead.LOGIN_REQUIRED, "the source's `session` has no `login`")
    url = session.login.url
    allowed_hosts = rules.source.allow_hosts
    if allowed_hosts is not None and not is_named(host_of(url), allowed_hosts):
        raise AttemptFailed(Dead.ADDRESS_REFUSED, f"log-in: {host_of(url)} is not among the source's allow_hosts")
    guard = await places.guard(rules, attempts.session(rules))
    place = places.place(rules, "", guard, layout=True, session="log-in")
    await attempts.clocks.of(host_key(url), rules.delay_secs).turn(rules.delay_secs, attempts.sleep)
    started = asyncio.get_running_loop().time()
    try:
        async with places.pool.tab(place, alone=True) as tab:
            return await log_in(tab, rules, session, attempts.settings.secrets)
    except AttemptFailed as error:
        refused = guard.refused(started)
        if not refused:
            raise
        message = f"{error}; refused: {', '.join(map(str, refused))}"
        if host_of(url) in [one.host for one in refused]:
            raise AttemptFailed(Dead.ADDRESS_REFUSED, message) from None
        raise AttemptFailed(error.reason, message, transient=error.transient) from None
