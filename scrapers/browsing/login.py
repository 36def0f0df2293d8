"""Logs in: does a source's log-in steps in a tab of a fresh context, and gives the session that they lead to.

No picture and no HTML of a log-in page is kept, whatever happens on it, and no message holds what was typed.
"""

import json
from collections.abc import Callable
from typing import Protocol

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page as PlaywrightPage

from schemas.reasons import Dead
from schemas.request import canonical_url
from scrapers.browsing.failures import (
    BrowserGone,
    NavigationFailed,
    RenderingFailed,
    RenderTimeout,
    StepFailed,
    TabCrashed,
)
from scrapers.browsing.order import Rendered, RenderOrder
from scrapers.browsing.session_state import BadState, Storage, read_state
from scrapers.browsing.typed_secrets import TypedSecrets
from scrapers.fetching.failures import AttemptFailed
from scrapers.fetching.source_rules import SourceRules
from scrapers.source_files.model_browser import Login, Ready, Session, SessionCheck, Step, Wait

__all__ = ["LoginTab", "log_in"]

_CHECK_SECS = 20.0
"""From the last step until `check` must hold: a wrong password must not hold up everybody for the whole time."""


class LoginTab(Protocol):
    """The only tab of a fresh context."""

    @property
    def page(self) -> PlaywrightPage: ...

    async def render(self, order: RenderOrder) -> Rendered: ...


async def log_in(tab: LoginTab, rules: SourceRules, session: Session, secret: Callable[[str], str]) -> Storage:
    """
    Args:
      secret: the value of a secret by its name; raises KeyError when there is none.

    Returns:
      The storage state: cookies, local storage, IndexedDB. What pages keep in session storage is lost.

    Raises:
      AttemptFailed: `login_required`, with the step that could not be done; another reason, and transient, when the
        log-in page could not be had.
    """
    login = session.login
    if login is None:
        raise AttemptFailed(Dead.LOGIN_REQUIRED, "the source's `session` has no `login`")
    typed = TypedSecrets(rules, login.url, secret, lambda: tab.page.url)
    try:
        await tab.render(_order(login, session.check, typed))
        return read_state(json.dumps(await tab.page.context.storage_state(indexed_db=True)))
    except RenderingFailed as error:
        raise _meaning(error, login, typed.hide(str(error))) from None
    except AttemptFailed as error:
        raise AttemptFailed(error.reason, f"log-in: {typed.hide(str(error))}") from None
    except BadState as error:
        raise AttemptFailed(Dead.LOGIN_REQUIRED, f"log-in: the state that it led to: {error}") from None
    except PlaywrightError:
        raise AttemptFailed(Dead.BROWSER_CRASHED, "log-in: Chromium died at its end", transient=True) from None


def _order(login: Login, check: SessionCheck | None, typed: TypedSecrets) -> RenderOrder:
    """The steps, and a last one: until the log-in is through."""
    steps = list(login.steps)
    if login.ready is not None:
        steps.append(Step.model_validate({"wait": _wait_for(login.ready)}))
    elif check is not None:
        end = {"css": check.css, "gone": check.gone}
        steps.append(Step.model_validate({"wait": end, "timeout_secs": min(_CHECK_SECS, login.timeout_secs)}))
    return RenderOrder(
        url=canonical_url(typed.fill_url(login.url)),
        timeout_secs=login.timeout_secs,
        steps=steps,
        layout=True,
        fill=typed.fill,
    )


def _wait_for(ready: Ready) -> Wait:
    """`ready` as a step. How long elements have not changed is no sign of a log-in: `still_ms` is left out."""
    scripts = [f"({ready.js})"] if ready.js else []
    if ready.css and ready.count > 1:
        scripts.append(f"document.querySelectorAll({json.dumps(ready.css)}).length >= {ready.count}")
    if ready.xpath:
        count = json.dumps(f"count({ready.xpath})")
        scripts.append(f"document.evaluate({count}, document, null, 1, null).numberValue >= {ready.count}")
    return Wait(css=ready.css, gone=ready.gone, js=" && ".join(scripts) or None, secs=None)


def _meaning(error: RenderingFailed, login: Login, message: str) -> AttemptFailed:
    if isinstance(error, StepFailed):
        if error.number > len(login.steps):
            message = f"one is not logged in after its steps: {message.partition(': ')[2]}"
        return AttemptFailed(Dead.LOGIN_REQUIRED, f"log-in: {message}")
    message = f"log-in: {message}"
    if isinstance(error, BrowserGone | TabCrashed):
        return AttemptFailed(Dead.BROWSER_CRASHED, message, transient=True)
    if isinstance(error, RenderTimeout):
        return AttemptFailed(Dead.TIMEOUT, message, transient=True)
    if isinstance(error, NavigationFailed):
        return AttemptFailed(Dead.CONNECTION, message, transient=True)
    return AttemptFailed(Dead.LOGIN_REQUIRED, message)
