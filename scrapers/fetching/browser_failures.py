"""What a failure of the browser means for the request: the letter's reason, and whether another attempt may help."""

from collections.abc import Sequence

from schemas.page import Page
from schemas.reasons import Dead
from scrapers.browsing.failures import (
    BrowserGone,
    ContentTooLarge,
    NavigationFailed,
    NotReady,
    RenderingFailed,
    RenderTimeout,
    StepFailed,
    TabCrashed,
)
from scrapers.fetching.failures import AttemptFailed

__all__ = ["explain"]

_TIMED_OUT = frozenset({"net::ERR_TIMED_OUT", "net::ERR_CONNECTION_TIMED_OUT"})
_OF_THE_NETWORK = (
    "net::ERR_CONNECTION_", "net::ERR_NAME_", "net::ERR_ADDRESS_", "net::ERR_SOCKET_", "net::ERR_TUNNEL_",
    "net::ERR_EMPTY_RESPONSE", "net::ERR_NETWORK_", "net::ERR_INTERNET_", "net::ERR_PROXY_", "net::ERR_CONTENT_LENGTH",
    "net::ERR_INCOMPLETE_CHUNKED", "net::ERR_HTTP2_", "net::ERR_SSL_PROTOCOL_ERROR",
)  # fmt: skip
_CERTIFICATE = "net::ERR_CERT_"


def explain(error: RenderingFailed, crashes: int, refusals: Sequence[str], page: Page | None = None) -> AttemptFailed:
    """
    Args:
      crashes: how many tabs the request has killed, this one included.
      refusals: what the guard has refused that may have been the document, `10.0.0.1:80: private address`.
      page: what the browser had of it.
    """
    if refusals and isinstance(error, NavigationFailed):
        return AttemptFailed(Dead.ADDRESS_REFUSED, f"refused: {', '.join(refusals[:3])} ({error})", page=page)
    if isinstance(error, TabCrashed):
        if crashes > 1:
            return AttemptFailed(Dead.POISON, f"the page killed its tab {crashes} times: {error}")
        return AttemptFailed(Dead.BROWSER_CRASHED, str(error), transient=True)
    if isinstance(error, NavigationFailed):
        return _navigation(error, page)
    if isinstance(error, NotReady | StepFailed):
        return AttemptFailed(Dead.NOT_READY, str(error), page=page)
    if isinstance(error, RenderTimeout):
        return AttemptFailed(Dead.TIMEOUT, str(error), transient=True, page=page)
    if isinstance(error, ContentTooLarge):
        return AttemptFailed(Dead.TOO_LARGE, str(error))
    return AttemptFailed(Dead.BROWSER_CRASHED, str(error), transient=isinstance(error, BrowserGone))


def _navigation(error: NavigationFailed, page: Page | None) -> AttemptFailed:
    name = error.net_error
    if name in _TIMED_OUT:
        return AttemptFailed(Dead.TIMEOUT, str(error), transient=True, page=page)
    if name.startswith(_CERTIFICATE):
        return AttemptFailed(Dead.CONNECTION, str(error), page=page)
    if name.startswith(_OF_THE_NETWORK):
        return AttemptFailed(Dead.CONNECTION, str(error), transient=True, page=page)
    return AttemptFailed(Dead.BAD_CONTENT, str(error), page=page)
