"""HTTP heads as an archive keeps them: readable by any tool, although the body is stored without its encodings."""

import http
import re
from collections.abc import Sequence

__all__ = ["ORIGINAL", "request_head", "response_head"]

ORIGINAL = "X-Archive-Orig-"  # the Internet Archive's prefix for a header that no longer describes the stored body

_ENCODINGS = {"content-encoding", "transfer-encoding"}
_PHRASES = {status.value: status.phrase for status in http.HTTPStatus}
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]+")
_NOT_IN_A_NAME = re.compile(r"[^!#$%&'*+.^_`|~0-9A-Za-z-]")  # RFC 9110, 5.6.2: token
_URL_PARTS = re.compile(r"[^:/?#]+://(?:[^/?#]*@)?([^/?#]*)([^#]*)")

Headers = Sequence[tuple[str, str]]


def response_head(status: int, headers: Headers, body_length: int) -> bytes:
    """Status line and headers, with the empty line.

    Content and transfer encodings, and a length that is not the stored body's, are renamed to `X-Archive-Orig-…`.
    """
    stored: list[tuple[str, str]] = []
    changed = False
    for name, value in headers:
        lower = name.lower()
        if lower in _ENCODINGS or (lower == "content-length" and value.strip() != str(body_length)):
            stored.append((ORIGINAL + name, value))
            changed = True
        else:
            stored.append((name, value))
    if changed:
        stored = [pair for pair in stored if pair[0].lower() != "content-length"]
        stored.append(("Content-Length", str(body_length)))
    return _head(f"HTTP/1.1 {status} {_PHRASES.get(status, '')}", stored)


def request_head(method: str, url: str, headers: Headers, body_length: int) -> bytes:
    """Request line and headers as a client sends them over HTTP/1.1, with the empty line."""
    found = _URL_PARTS.match(url)
    host, target = found.groups() if found else ("", url)
    target = target if target.startswith("/") else f"/{target}"
    names = {name.lower() for name, _ in headers}
    sent = list(headers) if "host" in names else [("Host", host), *headers]
    if body_length and "content-length" not in names:
        sent.append(("Content-Length", str(body_length)))
    return _head(f"{method} {target} HTTP/1.1", sent)


def _head(first: str, headers: Headers) -> bytes:
    lines = [first, *[f"{name}: {value}" for name, value in headers]]
    text = "\r\n".join(lines)
    if not "".join(lines).isprintable():  # a line break inside a value would be a header of its own
        pairs = [f"{_NOT_IN_A_NAME.sub('_', name)}: {_CONTROLS.sub(' ', value)}" for name, value in headers]
        text = "\r\n".join([_CONTROLS.sub(" ", first), *pairs])
    text += "\r\n\r\n"
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")
