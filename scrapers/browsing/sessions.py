"""The sessions of a process: one a source, from a saved state or a log-in, made once however many pages wait for it."""

import asyncio
import dataclasses
import itertools
import time
from collections.abc import Awaitable, Callable

from schemas.page import Page
from schemas.reasons import Dead
from scrapers.browsing.executable import BrowserMissing
from scrapers.browsing.failures import RenderingFailed
from scrapers.browsing.login_check import session_lost
from scrapers.browsing.saved_state import saved_state
from scrapers.browsing.session_state import BadState, SessionState, Storage, live_state, token_values
from scrapers.fetching.failures import AttemptFailed
from scrapers.fetching.source_rules import SourceRules
from scrapers.source_files.model_browser import Session

__all__ = ["LogIn", "Sessions"]

_REST_SECS = 60.0
_LONG_REST_SECS = 3600.0
_MOST_FAILURES = 3
"""A log-in that keeps failing locks accounts: after three in a row there is none for an hour, longer than most runs."""
_GRACE_SECS = 30.0

LogIn = Callable[[], Awaitable[Storage]]
"""Does the source's log-in in a fresh context. Raises AttemptFailed."""


@dataclasses.dataclass(slots=True)
class _Refusal:
    """Why there is no session; each request that waits gets an error of its own."""

    reason: Dead
    message: str
    transient: bool = False

    def error(self) -> AttemptFailed:
        return AttemptFailed(self.reason, self.message, transient=self.transient)


@dataclasses.dataclass(slots=True, eq=False)
class _Held:
    """What is known of one source's session.

    Attributes:
      flight: the making of a session, under way.
      saved: hash of the saved state's text that was read last.
      spent: of the one that turned out not to be logged in.
      failures: log-ins in a row that led to no page of somebody who is logged in.
      rests_until: loop seconds; until then nothing is tried.
      because: of the last failure.
    """

    state: SessionState | None = None
    flight: asyncio.Task[SessionState | _Refusal] | None = None
    saved: int | None = None
    spent: int | None = None
    failures: int = 0
    rests_until: float = 0.0
    because: _Refusal | None = None


async def _loaded(
    load: Callable[[SessionState | None], Awaitable[Page]], state: SessionState | None
) -> tuple[Page, AttemptFailed | None]:
    """A page, also one that failed: a log-in form never becomes what `ready` waits for."""
    try:
        return await load(state), None
    except AttemptFailed as error:
        if error.page is None:
            raise
        return error.page, error


class Sessions:
    """Gives each source its session. For one event loop.

    Args:
      secrets: the value of a secret by its name; raises KeyError when there is none.
      hide: is told every value that gives access and must be kept nowhere.
      clock: Unix seconds, for cookies that expire.
    """

    def __init__(
        self,
        secrets: Callable[[str], str],
        hide: Callable[[str], None] = lambda _value: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._secrets, self._hide, self._clock = secrets, hide, clock
        self._held: dict[str, _Held] = {}
        self._ids = itertools.count(1)

    async def close(self) -> None:
        """Gives up log-ins that are under way."""
        flights = [held.flight for held in self._held.values() if held.flight is not None]
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    async def fetch(
        self, rules: SourceRules, log_in: LogIn, load: Callable[[SessionState | None], Awaitable[Page]]
    ) -> Page:
        """One page of a source, with its session; a page that shows that the session is over is loaded once more.

        Args:
          load: loads the page with a state.

        Raises:
          AttemptFailed: of `load`; `login_required` when there is no session, or no new one helped.
        """
        for is_last in (False, True):
            state = await self.state(rules, log_in)
            page, failure = await _loaded(load, state)
            lost = session_lost(page, rules.source, rules.fetch(page.request).charset)
            if state is not None and lost == "":
                self.works(state)
            if failure is not None and not lost:
                raise failure
            if state is None or not lost:
                return page
            because = f"{lost} ({state.note})" if state.note else lost
            if not self.expired(state, lost, is_last=is_last):
                break
        raise AttemptFailed(Dead.LOGIN_REQUIRED, f"the session is not logged in: {because}", page=page)

    async def state(self, rules: SourceRules, log_in: LogIn) -> SessionState | None:
        """The source's session; None for a source without. Raises AttemptFailed: why there is none."""
        session = rules.source.session
        if session is None:
            return None
        held = self._held.setdefault(rules.name, _Held())
        if held.flight is None:
            if held.state is not None and time.monotonic() - held.state.made_at <= session.max_age_secs:
                return held.state
            loop = asyncio.get_running_loop()
            if held.because is not None and loop.time() < held.rests_until:
                raise held.because.error()
            held.flight = loop.create_task(self._fly(rules, session, held, log_in))
        made = await asyncio.shield(held.flight)  # whoever stops waiting leaves it to the others
        if isinstance(made, _Refusal):
            raise made.error()
        return made

    def works(self, state: SessionState) -> None:
        """A page has shown that the session is logged in."""
        if not state.proven:
            state.proven = True
            self._held[state.source].failures = 0

    def expired(self, state: SessionState, why: str, *, is_last: bool = False) -> bool:
        """A page has shown that it is not; of many that show it at once, the first one counts.

        A log-in that did not help is not followed by another one soon, and its session stays: it may well be the page
        that is odd, and not all that come after it should pay for that.

        Args:
          is_last: the page was loaded again with a new session, in vain.

        Returns:
          Whether it is worth asking for another session.
        """
        held = self._held[state.source]
        if held.state is not state:
            return not is_last
        if asyncio.get_running_loop().time() < held.rests_until:
            return False
        never_was = not state.proven and not state.has_spare and not state.doubted
        if is_last or never_was:
            state.doubted = True
            self._fail(held, _Refusal(Dead.LOGIN_REQUIRED, f"a new session is not logged in: {why}"))
            return False
        held.state, held.spent = None, held.saved
        return True

    async def _fly(self, rules: SourceRules, session: Session, held: _Held, log_in: LogIn) -> SessionState | _Refusal:
        try:
            state = await self._make(session, held, rules, log_in)
        except AttemptFailed as error:
            return self._fail(held, _Refusal(error.reason, str(error), error.transient))
        except RenderingFailed as error:  # there was no tab for it
            may_come = not isinstance(error, BrowserMissing)
            return self._fail(held, _Refusal(Dead.BROWSER_CRASHED, f"log-in: {error}", transient=may_come))
        finally:
            held.flight = None
        for value in token_values(state.storage):
            self._hide(value)
        held.because = None
        held.state = state
        return state

    async def _make(self, session: Session, held: _Held, rules: SourceRules, log_in: LogIn) -> SessionState:
        """The saved state while it is good, else that of a log-in."""
        held.saved = None
        try:
            if session.storage_state is not None:
                storage, held.saved = saved_state(session.storage_state, self._secrets, rules.loaded.folder)
                if held.saved == held.spent:
                    raise BadState("one is no longer logged in with it; save a new one", is_over=True)
                storage, note = live_state(storage, self._clock())
                return self._new(rules, storage, has_spare=session.login is not None, note=note)
        except BadState as error:
            if session.login is None or not error.is_over:
                raise AttemptFailed(Dead.LOGIN_REQUIRED, f"session.storage_state: {error}") from None
        if session.login is None:
            raise AttemptFailed(Dead.LOGIN_REQUIRED, "the source's `session` says neither storage_state nor login")
        try:
            async with asyncio.timeout(session.login.timeout_secs + _GRACE_SECS):
                return self._new(rules, await log_in())
        except TimeoutError:
            message = f"log-in: no end within {session.login.timeout_secs:g} s"
            raise AttemptFailed(Dead.LOGIN_REQUIRED, message) from None

    def _new(self, rules: SourceRules, storage: Storage, *, has_spare: bool = False, note: str = "") -> SessionState:
        return SessionState(rules.name, next(self._ids), storage, time.monotonic(), has_spare=has_spare, note=note)

    def _fail(self, held: _Held, refusal: _Refusal) -> _Refusal:
        """Counts it. What may be chance is tried again by whoever wants a session next, but not for ever."""
        held.failures += 1
        rest_secs = 0.0 if refusal.transient else _REST_SECS
        if held.failures >= _MOST_FAILURES:
            rest_secs = _LONG_REST_SECS
        held.rests_until = asyncio.get_running_loop().time() + rest_secs
        again = f"; not tried again within {rest_secs:g} s"
        reason = Dead.LOGIN_REQUIRED if refusal.transient else refusal.reason
        held.because = _Refusal(reason, refusal.message + again) if rest_secs else None
        return refusal
