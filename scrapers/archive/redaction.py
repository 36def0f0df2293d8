"""Secrets stay out of archives, letters and logs: known values are replaced wherever they stand, headers by name."""

import dataclasses
import html
import json
import threading
import urllib.parse
from collections.abc import Iterable

from schemas.page import Captured, Page

__all__ = ["REDACTED", "SECRET_HEADERS", "Redactor"]

REDACTED = "[redacted]"

# Headers whose value admits to something, whoever sent them.
SECRET_HEADERS = frozenset(
    {
        "authorization", "proxy-authorization", "cookie", "cookie2", "set-cookie", "set-cookie2", "x-api-key",
        "api-key", "apikey", "x-auth-token", "x-access-token", "x-csrf-token", "x-xsrf-token", "x-amz-security-token",
        "x-goog-api-key", "x-goog-iam-authorization-token", "authentication-info", "proxy-authentication-info",
    }
)  # fmt: skip

MIN_SECRET_CHARACTERS = 4  # replacing a shorter text everywhere would destroy pages and hide nothing
_PLACEHOLDER = "${secret."


class Redactor:
    """Takes secrets out of what is kept.

    Args:
      secrets: values known from the start; `add_secret` takes those that are looked up later.
      header_names: more headers whose values are hidden: those that a source fills from `${secret.…}`.
    """

    def __init__(self, secrets: Iterable[str] = (), header_names: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._texts: tuple[str, ...] = ()
        self._bytes: tuple[bytes, ...] = ()
        self._headers = SECRET_HEADERS | {name.lower() for name in header_names}
        for secret in secrets:
            self.add_secret(secret)

    def add_secret(self, value: str) -> None:
        """From now on this value is hidden, as it is and as URLs, JSON and HTML spell it. Safe from any thread."""
        if len(value) < MIN_SECRET_CHARACTERS:
            return
        with self._lock:
            spelt = {*self._texts, *_spellings(value)}
            self._texts = tuple(sorted(spelt, key=len, reverse=True))  # a secret inside another one must not split it
            self._bytes = tuple(text.encode("utf-8", "surrogatepass") for text in self._texts)

    @property
    def texts(self) -> tuple[str, ...]:
        """What is hidden, in each of its spellings: for another process that is to hide the same."""
        return self._texts

    def add_header(self, name: str) -> None:
        """From now on the values of this header are hidden."""
        with self._lock:
            self._headers |= {name.lower()}

    def redact_text(self, text: str) -> str:
        """For messages, tracebacks, URLs: the text without the known secrets."""
        for secret in self._texts:
            if secret in text:
                text = text.replace(secret, REDACTED)
        return text

    def redact_bytes(self, data: bytes) -> bytes:
        """The same for a body."""
        for secret in self._bytes:
            if secret in data:
                data = data.replace(secret, REDACTED.encode())
        return data

    def redact_page(self, page: Page) -> None:
        """What selectors read of a page, as the archive keeps it: one that repeats a secret puts it into no row."""
        if self._bytes:
            page.url = self.redact_text(page.url)
            page.body = self.redact_bytes(page.body)
            page.captured = tuple([self._redacted(captured) for captured in page.captured])

    def _redacted(self, captured: Captured) -> Captured:
        return dataclasses.replace(
            captured,
            url=self.redact_text(captured.url),
            content_type=self.redact_text(captured.content_type),
            body=self.redact_bytes(captured.body),
        )

    def redact_headers(self, headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Names stay, for they tell what was sent; a placeholder stays too, for it is no secret."""
        hidden = self._headers
        kept = [
            (name, REDACTED if name.lower() in hidden and not value.startswith(_PLACEHOLDER) else value)
            for name, value in headers
        ]
        return [(name, self.redact_text(value)) for name, value in kept] if self._texts else kept


def _spellings(value: str) -> set[str]:
    spelt = {
        value,
        urllib.parse.quote(value, safe="", errors="replace"),
        urllib.parse.quote(value, errors="replace"),
        urllib.parse.quote_plus(value, errors="replace"),
        html.escape(value),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
    }
    return {text for text in spelt if len(text) >= MIN_SECRET_CHARACTERS}
