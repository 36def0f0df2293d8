"""What came back, and where its bytes are kept."""

import dataclasses

from schemas.request import Request

__all__ = ["ArchivePointer", "Captured", "Page"]


@dataclasses.dataclass(frozen=True, slots=True)
class ArchivePointer:
    """Leads to the WARC record of a page.

    Attributes:
      file: name of the file inside the archive folder.
      offset: of the record's gzip member, in bytes.
      digest: of the payload, `sha1:` and 32 base32 digits (WARC 1.1, 5.8).
    """

    file: str
    offset: int
    digest: str


@dataclasses.dataclass(frozen=True, slots=True)
class Captured:
    """An answer that a rendered page fetched for itself (XHR or fetch), kept because a selector reads it.

    Attributes:
      url: the final one.
      content_type: as received.
      body: decoded from its content encoding.
    """

    url: str
    status: int
    content_type: str
    body: bytes


@dataclasses.dataclass(slots=True)
class Page:
    """One answer, its content encodings undone.

    Attributes:
      url: the final one, after redirects.
      headers: as received, in order, names as sent.
      body: decoded from its content encoding, not from its charset; emptied once it is archived.
      fetched_at: when the answer was complete, Unix seconds.
      elapsed_secs: from sending the request to that moment.
      rendered: whether a browser made the body.
      archived: None until it is.
      captured: in the order in which the page got them; emptied with the body.
      screenshot: JPEG, of a rendered page that failed; empty for none; emptied with the body.
      screenshot_archived: where that is kept; None for nowhere.
      incomplete: the browser gave up on it (not ready, a step failed): kept for its letter, never to be parsed.
    """

    request: Request
    status: int
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    fetched_at: float
    elapsed_secs: float = 0.0
    rendered: bool = False
    archived: ArchivePointer | None = None
    captured: tuple[Captured, ...] = ()
    screenshot: bytes = b""
    screenshot_archived: ArchivePointer | None = None
    incomplete: bool = False

    def header(self, name: str) -> str:
        """The first value of a header, by its name in any case; empty when absent."""
        name = name.lower()
        return next((value for key, value in self.headers if key.lower() == name), "")
