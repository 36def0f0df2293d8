"""What to fetch."""

import dataclasses
import functools
import re
from collections.abc import Mapping
from typing import Any

import ada_url

from schemas.ids import content_id

__all__ = ["Request", "RequestSpec", "canonical_url"]


# Most URLs are canonical already, and that is seen six times as fast as the parser makes them so: names of letters
# and digits (no Punycode, which may be wrong), no port, no step that may be `.` or `..`, nothing that is ever encoded.
_CANONICAL = re.compile(
    r"https?://(?:(?!xn--)[a-z][a-z0-9-]*\.)+(?!xn--)[a-z][a-z0-9-]*(?=/)"
    r"(?:/(?!\.)[\w~-]+(?:\.[\w~-]+)*)*/?(?:\?[\w~.=&%+-]*)?",
    re.ASCII,
)


@functools.lru_cache(4096)
def canonical_url(url: str) -> str:
    """The URL as the WHATWG URL Standard serialises it, without its fragment; a URL it cannot parse stays as it is.

    >>> canonical_url("HTTP://Example.com:80/a/../b#c")
    'http://example.com/b'
    """
    if _CANONICAL.fullmatch(url):
        return url
    try:
        parsed = ada_url.URL(url)
    except ValueError:
        return url
    parsed.hash = ""
    return parsed.href


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """One thing to fetch for one execution. Secrets stand in it as `${secret.NAME}`, never as values.

    Attributes:
      source: the name of its source file.
      url: absolute; what is sent (identity uses its canonical form).
      execution_id: the execution that it belongs to.
      page_type: a key of the source's `pages`; empty for a source of one unnamed type.
      headers, body: sent with it; body is None for none.
      params: values of the seed's template, readable as `${params.x}` and `from: params`.
      item: the item that the page before carried here; None when there is none.
      session: the source's session, empty for none.
      depth: links followed from the seed (0).
      page_number: 1 for a seed, counted up by `next`.
      referrer: the id of the request whose page named it; empty for a seed.
      previous_items: digest of the items of the listing's page before this one, where a repeated page ends the listing.
    """

    source: str
    url: str
    execution_id: str
    page_type: str = ""
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    item: Mapping[str, Any] | None = None
    session: str = ""
    depth: int = 0
    page_number: int = 1
    referrer: str = ""
    previous_items: str = ""
    request_id: str = ""

    def __post_init__(self) -> None:
        if not self.request_id:
            identity = (
                self.execution_id,
                self.source,
                self.page_type,
                self.method,
                canonical_url(self.url),
                self.body,
                self.item,
            )
            object.__setattr__(self, "request_id", content_id(*identity))


@dataclasses.dataclass(frozen=True, slots=True)
class RequestSpec:
    """A small stand-in for many requests of one host, expanded lazily in that host's queue.

    Exactly one of `requests` and `stride` says what it stands for.

    Attributes:
      requests: the requests themselves (follow-ups, explicit URLs).
      stride: (first, step) of the source's own seeds on `host`: this spec is seeds number first, first + step, ...
      host: the registrable domain of a stride's seeds; empty for explicit requests.
      deadline_at: Unix seconds after which nobody wants its pages; 0 for never. No part of its identity.
      params: overrides of the seed template's parameters (`--param`).
      limit: the most pages this spec may fetch, follow-ups included; None for no limit.
      tick: the scheduled instant (Unix seconds) that relative dates refer to.
    """

    source: str
    execution_id: str
    requests: tuple[Request, ...] = ()
    stride: tuple[int, int] | None = None
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    limit: int | None = None
    tick: float = 0.0
    host: str = ""
    deadline_at: float = 0.0

    @property
    def spec_id(self) -> str:
        ids = [request.request_id for request in self.requests]
        return content_id("spec", self.execution_id, self.source, self.stride, self.params, self.host, ids)
