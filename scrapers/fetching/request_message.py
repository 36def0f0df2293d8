"""A request as the bytes that go over the wire (RFC 9112), and where they go to."""

import base64
import dataclasses
import functools
import re
from collections.abc import Sequence
from urllib.parse import unquote_to_bytes

__all__ = ["Origin", "in_absolute_form", "request_message", "split_url"]

_PORT = re.compile(r":\d+$")
_FORBIDDEN = re.compile(r"[\r\n\0]")
_WITH_A_BODY = frozenset({"POST", "PUT", "PATCH"})


@dataclasses.dataclass(frozen=True, slots=True)
class Origin:
    """Where a request goes.

    Attributes:
      host: without brackets.
      authority: what `Host` says.
      credentials: of the URL, for `Authorization`; empty for none.
    """

    scheme: str
    host: str
    port: int
    authority: str
    credentials: str


@functools.lru_cache(4096)
def _origin(scheme: str, netloc: str) -> Origin:
    userinfo, _, authority = netloc.rpartition("@")
    host, _, port = authority.rpartition(":") if _PORT.search(authority) else (authority, "", "")
    if scheme not in ("http", "https") or not host:
        raise ValueError(f"{scheme}://{authority} is no place for HTTP")
    credentials = ""
    if userinfo:
        user, _, password = userinfo.partition(":")
        credentials = base64.b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password)).decode()
    default_port = 443 if scheme == "https" else 80
    return Origin(scheme, host.strip("[]"), int(port or default_port), authority, credentials)


def split_url(url: str) -> tuple[Origin, str]:
    """The origin of a URL as the URL Standard serialises it, and its path with the query. Raises ValueError.

    >>> split_url("https://[::1]:8443/a?b")[1], split_url("https://[::1]:8443/a?b")[0].port
    ('/a?b', 8443)
    """
    scheme, _, rest = url.partition("://")
    netloc, slash, target = rest.partition("/")
    return _origin(scheme, netloc), slash + target


def request_message(
    method: str, target: str, origin: Origin, headers: Sequence[tuple[str, str]], body: bytes | None
) -> bytes:
    """Head and body. Raises ValueError when a header holds a line break: it would begin another one.

    >>> request_message("GET", "/", split_url("http://me:pw@shop.example/")[0], [("Accept", "*/*")], None)
    b'GET / HTTP/1.1\\r\\nHost: shop.example\\r\\nAccept: */*\\r\\nAuthorization: Basic bWU6cHc=\\r\\n\\r\\n'
    """
    lines = [f"{method} {target or '/'} HTTP/1.1\r\nHost: {origin.authority}\r\n"]
    for name, value in headers:
        if _FORBIDDEN.search(name) or _FORBIDDEN.search(value):
            raise ValueError(f"the header {name!r} holds a line break")
        lines.append(f"{name}: {value}\r\n")
    if origin.credentials and not any(name.lower() == "authorization" for name, _ in headers):
        lines.append(f"Authorization: Basic {origin.credentials}\r\n")
    if body is not None or method in _WITH_A_BODY:
        lines.append(f"Content-Length: {len(body or b'')}\r\n")
    lines.append("\r\n")
    return "".join(lines).encode() + (body or b"")


def in_absolute_form(message: bytes, authority: str, authorization: bytes) -> bytes:
    """A request as a proxy wants it (RFC 9112, 3.2.2).

    Args:
      authority: host, and the port where it is not 80.
      authorization: for the proxy, as a whole header line; may be empty.

    >>> in_absolute_form(b"GET /a HTTP/1.1\\r\\nHost: x.test\\r\\n\\r\\n", "x.test", b"")
    b'GET http://x.test/a HTTP/1.1\\r\\nHost: x.test\\r\\n\\r\\n'
    """
    line, _, rest = message.partition(b"\r\n")
    method, _, target = line.partition(b" ")
    return b"%b http://%b%b\r\n%b%b" % (method, authority.encode(), target, authorization, rest)
