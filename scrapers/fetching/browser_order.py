"""What a tab is asked to do for a request: the source's rules for its page type, with the request's values in them."""

import functools
from collections.abc import Callable
from typing import Any

from schemas.reasons import Dead
from scrapers.browsing.order import RenderOrder
from scrapers.fetching.failures import AttemptFailed
from scrapers.fetching.hop import Hop, secret_of
from scrapers.fetching.ticket import Ticket
from scrapers.source_files.model import PageType
from scrapers.source_files.template import TemplateError, fill, fill_secrets

__all__ = ["order_of", "reads_answers"]


def order_of(ticket: Ticket, hop: Hop, secrets: Callable[[str], str], *, layout: bool) -> RenderOrder:
    """
    Args:
      hop: the request with its secrets filled in.
      secrets: gives the value of a secret by name.
    """
    request, rules = ticket.request, ticket.rules
    fetch, page_type = rules.fetch(request), rules.page_type(request)
    own = {name.lower() for name, _ in request.headers}
    return RenderOrder(
        url=hop.url,
        method=hop.method,
        headers=tuple(pair for pair in hop.headers if pair[0].lower() in own),
        body=hop.body,
        timeout_secs=fetch.timeout_secs,
        ready=fetch.ready,
        steps=fetch.steps or (),
        items_css=(page_type.items.css or "") if page_type.items else "",
        xhr=_patterns(page_type, fetch.xhr),
        layout=layout,
        block_urls=tuple(fetch.block_urls),
        max_bytes=fetch.max_bytes,
        expects=lambda status: rules.policy(status) == "parse",
        fill=functools.partial(_filled, ticket, secret_of(request, rules, secrets, hop.secrets)),
    )


def _patterns(page_type: PageType, given: list[str] | None) -> tuple[str, ...] | None:
    """Answers to keep: those named; all JSON when a selector reads them and names none; None for none."""
    if given:
        return tuple(given)
    return () if reads_answers(page_type) else None


def reads_answers(page_type: PageType) -> bool:
    """Whether a selector of the page type says `from: xhr`."""
    return _says_xhr(page_type.model_dump(include={"items", "fields", "next", "follow"}, exclude_defaults=True))


def _says_xhr(value: Any) -> bool:
    if isinstance(value, dict):
        return value.get("from_") == "xhr" or any(map(_says_xhr, value.values()))
    return isinstance(value, list) and any(map(_says_xhr, value))


def _filled(ticket: Ticket, secret: Callable[[str], str], text: str) -> str:
    """A step's text with its values. Raises AttemptFailed."""
    request = ticket.request
    try:
        return fill_secrets(fill(text, params=request.params, item=request.item or {}), secret)
    except TemplateError as error:
        raise AttemptFailed(Dead.NOT_READY, f"a step's text cannot be filled: {error}") from error
