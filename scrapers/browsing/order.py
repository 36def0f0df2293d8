"""What one tab is asked to do for one page, and what it gives."""

import dataclasses
from collections.abc import Callable, Sequence

from schemas.page import Captured
from scrapers.source_files.model_browser import Ready, Step

__all__ = ["RenderOrder", "Rendered"]

Headers = tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class RenderOrder:
    """One page to render.

    Attributes:
      url: with its secrets filled in.
      headers: sent with the document only (never with what the page asks for itself, nor to another origin); without
        User-Agent, Accept and the like, which are the browser's own.
      timeout_secs: for everything: navigation, readiness, steps, content.
      items_css: what steps count and collect when they do not say; empty for none.
      xhr: patterns of JSON answers to keep (see `FetchRules.xhr`); None for none.
      expects: whether a document with this status is a page to wait for: an error page never becomes ready, and what
        becomes of it is decided by its status alone.
      fill: puts values into a step's text (`${secret.x}`, `${params.x}`, `${item.x}`); raises AttemptFailed.
      max_bytes: of the content.
    """

    url: str
    method: str = "GET"
    headers: Headers = ()
    body: bytes | None = None
    timeout_secs: float = 30.0
    ready: Ready | None = None
    steps: Sequence[Step] = ()
    items_css: str = ""
    xhr: tuple[str, ...] | None = None
    layout: bool = False
    block_urls: tuple[str, ...] = ()
    max_bytes: int = 50_000_000
    expects: Callable[[int], bool] = lambda _status: True
    fill: Callable[[str], str] = str


@dataclasses.dataclass(slots=True)
class Rendered:
    """What a tab had at the end.

    Attributes:
      url: of the document, after redirects and what scripts made of it.
      status, headers: of the document's last answer over the network.
      documents: URLs of all documents that the tab asked for, redirects and what scripts led to included, in order.
      has_media: it holds a video or sound.
      html: the document as it stands, UTF-8.
      notes: limits met on the way (`scroll stopped at max_rounds 50`); they make an execution `partial`.
    """

    url: str
    status: int
    headers: Headers
    html: bytes
    captured: tuple[Captured, ...] = ()
    notes: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    has_media: bool = False
