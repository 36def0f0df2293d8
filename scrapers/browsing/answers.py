"""Keeps the JSON that a page fetches for itself."""

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from playwright.async_api import Error, Page, Request, Response

from schemas.page import Captured
from scrapers.browsing.failures import NotReady
from scrapers.extraction.tolerant_body import BadDocument, load_json
from scrapers.source_files.url_patterns import compile_pattern

__all__ = ["AnswerCatcher"]

_KINDS = ("xhr", "fetch")
_MAX_ANSWERS = 200
_MAX_BYTES = 20_000_000
_LAST_SECS = 3.0  # for what is still under way when all that was asked for is there: a long poll never ends
_SHOWN = 5  # URLs in a message


@dataclasses.dataclass(slots=True)
class _Answer:
    """One that came; `captured` once it has been read and is JSON."""

    patterns: set[str]
    captured: Captured | None = None


class AnswerCatcher:
    """Listens to a page from its making until `close`, and keeps what the document fetched that is there at the end.

    Args:
      patterns: of URLs, before or after redirects; `*` stands for anything, one without a host for any host.
        Empty or `*` alone: all JSON, and none is waited for.
      max_bytes: of one answer.
    """

    def __init__(self, page: Page, patterns: Sequence[str], max_bytes: int = _MAX_BYTES) -> None:
        self._page = page
        self._patterns = {pattern: compile_pattern(pattern) for pattern in patterns if pattern != "*"}
        self._max_bytes = min(max_bytes, _MAX_BYTES)
        self._under_way: dict[Request, None] = {}
        self._reading: set[asyncio.Task[None]] = set()
        self._kept: list[_Answer] = []  # in order of arrival
        self._bytes = 0
        self._seen: dict[str, None] = {}
        self._refused: dict[str, int] = {}
        self._notes: dict[str, None] = {}
        self._changed = asyncio.Event()
        page.on("request", self._asked)
        page.on("response", self._answered)
        page.on("requestfailed", self._failed)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was not kept, and why."""
        return tuple(self._notes)

    async def collected(self, deadline: float) -> tuple[Captured, ...]:
        """The answers, once each pattern has one and those under way now are there.

        Args:
          deadline: in the running loop's time.

        Raises:
          NotReady: a pattern has no answer; the message names it, and the URLs that there were.
        """
        loop = asyncio.get_running_loop()
        await self._until(lambda: not self._unanswered(), deadline)
        missing = self._unanswered()
        if missing:
            raise NotReady(self._nothing_for(missing))
        late = set(self._under_way)
        await self._until(lambda: not (late & self._under_way.keys()), min(deadline, loop.time() + _LAST_SECS))
        if self._patterns and late & self._under_way.keys():
            self._notes[f"xhr: no answer yet from {_shown(next(iter(late & self._under_way.keys())).url)}"] = None
        return tuple(answer.captured for answer in self._kept if answer.captured is not None)

    def close(self) -> None:
        """Listens no more; answers that are being read are left."""
        self._page.remove_listener("request", self._asked)
        self._page.remove_listener("response", self._answered)
        self._page.remove_listener("requestfailed", self._failed)
        for task in self._reading:
            task.cancel()

    async def _until(self, holds: Callable[[], bool], deadline: float) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return

    def _unanswered(self) -> list[str]:
        answered = {pattern for answer in self._kept if answer.captured is not None for pattern in answer.patterns}
        return [pattern for pattern in self._patterns if pattern not in answered]

    def _matching(self, request: Request) -> set[str] | None:
        """The patterns that an exchange is for, empty for "all JSON"; None when it is for none."""
        if not self._patterns:
            return set()
        urls = []
        hop: Request | None = request
        while hop is not None:
            urls.append(hop.url)
            hop = hop.redirected_from
        return {name for name, pattern in self._patterns.items() if any(map(pattern.match, urls))} or None

    def _asked(self, request: Request) -> None:
        if request.resource_type not in _KINDS:
            return
        if len(self._seen) < 1000:
            self._seen[_shown(request.url)] = None
        if self._matching(request) is not None:
            if request.redirected_from is not None:
                self._under_way.pop(request.redirected_from, None)
            self._under_way[request] = None

    def _answered(self, response: Response) -> None:
        request = response.request
        if request.resource_type == "document":
            self._forget_if_replaced(request)
        if request not in self._under_way or 300 <= response.status < 400:
            return
        if response.status >= 400:
            self._refused[_shown(response.url)] = response.status
            self._ended(request)
        elif len(self._kept) >= _MAX_ANSWERS or self._bytes >= _MAX_BYTES:
            self._notes[f"xhr: more than {_MAX_ANSWERS} answers or {_MAX_BYTES} bytes; the rest was left"] = None
            self._ended(request)
        elif int(response.headers.get("content-length", "0") or 0) > self._max_bytes:
            self._too_large(response)
            self._ended(request)
        else:
            answer = _Answer(self._matching(request) or set())
            self._kept.append(answer)
            task = asyncio.ensure_future(self._read(response, answer))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)

    def _forget_if_replaced(self, request: Request) -> None:
        """Another document takes the place of the one whose answers were kept."""
        try:
            is_page = request.frame == self._page.main_frame
        except Error:  # a frame that is gone already
            return
        if is_page:
            self._under_way.clear()
            self._kept.clear()
            self._seen.clear()
            self._refused.clear()
            self._bytes = 0

    async def _read(self, response: Response, answer: _Answer) -> None:
        """Takes an answer's body at once: Chromium forgets it with the next document."""
        try:
            body = await response.body()
            if len(body) > self._max_bytes or self._bytes + len(body) > _MAX_BYTES:
                self._too_large(response)
            elif _is_json(response.headers.get("content-type", ""), body):
                self._bytes += len(body)
                content_type = response.headers.get("content-type", "")
                answer.captured = Captured(response.url, response.status, content_type, body)
        except Error as error:
            if "closed" not in error.message:
                self._notes[f"xhr: the answer of {_shown(response.url)} could not be read"] = None
        finally:
            self._ended(response.request)

    def _failed(self, request: Request) -> None:
        self._ended(request)

    def _ended(self, request: Request) -> None:
        self._under_way.pop(request, None)
        self._changed.set()

    def _too_large(self, response: Response) -> None:
        self._notes[f"xhr: the answer of {_shown(response.url)} is too large and was left"] = None

    def _nothing_for(self, missing: list[str]) -> str:
        message = f"no JSON answer came from {', '.join(f'`{pattern}`' for pattern in missing)}"
        if self._refused:
            refused = [f"{url} ({status})" for url, status in list(self._refused.items())[:_SHOWN]]
            message += f"; answered with an error: {', '.join(refused)}"
        others = [url for url in self._seen if url not in self._refused]
        listed = ", ".join(others[:_SHOWN]) + (f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else "")
        return message + (f"; the page asked for {listed}" if others else "; the page asked for nothing else")


def _is_json(content_type: str, body: bytes) -> bool:
    """By its type, or by what it holds: much JSON is sent as text or HTML."""
    if not body.strip():
        return False
    if "json" in content_type:
        return True
    if body.lstrip(b" \t\r\n\xef\xbb\xbf")[:1] not in b"{[)wf":
        return False
    try:
        return isinstance(load_json(body, lambda: body.decode("utf-8", "replace")), dict | list)
    except BadDocument:
        return False


def _shown(url: str) -> str:
    """A URL without its query, which may hold secrets."""
    parts = urlsplit(url)
    return f"{parts.hostname or ''}{parts.path}" + ("?..." if parts.query else "")
