"""What a client of the proxy asks for: one destination, and the bytes that go there."""

import ipaddress
from collections.abc import Callable

import httptools

from scrapers.fetching.request_message import split_url

__all__ = ["BadRequest", "RequestReader"]

_MAX_HEAD_BYTES = 262_144  # Chromium's own bound for the headers of an answer: cookies may fill as much
_HOP_BY_HOP = frozenset({b"proxy-authorization", b"proxy-authenticate", b"keep-alive"})


class BadRequest(Exception):
    """What came is no request to a proxy."""


def _read_authority(authority: bytes) -> tuple[str, int]:
    """Host and port of `CONNECT shop.example:443`. Raises BadRequest."""
    host, _, port = authority.decode("ascii", "replace").rpartition(":")
    if host.startswith("["):
        host = host.removeprefix("[").removesuffix("]")
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            raise BadRequest(f"{authority!r} is no host and port") from None
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise BadRequest(f"{authority!r} is no host and port")
    return host, int(port)


def _read_url(url: bytes) -> tuple[str, int, str]:
    """Host, port and path of `GET http://shop.example/a`. Raises BadRequest."""
    try:
        origin, path = split_url(url.decode("latin-1"))
    except ValueError:
        raise BadRequest("the request is not one to a proxy") from None
    if origin.scheme != "http" or origin.credentials or not 0 < origin.port < 65_536 or set("?#") & set(origin.host):
        raise BadRequest("the request is not one to a proxy")
    return origin.host, origin.port, path or "/"


class RequestReader:
    """Turns requests to a proxy into requests to the server. The parser calls the methods in `on_`.

    Args:
      begin: called with host, port and whether it is a tunnel before anything is sent for a request.
      send_head: called with the head of a request for the server.
      send: called with the bytes that follow it.
    """

    def __init__(
        self,
        begin: Callable[[str, int, bool], None],
        send_head: Callable[[bytes], None],
        send: Callable[[bytes], None],
    ) -> None:
        self._begin = begin
        self._send_head = send_head
        self._send = send
        self._raw = False
        self._head_bytes = 0
        self._in_body = self._chunked = False
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._parser = httptools.HttpRequestParser(self)

    def feed(self, data: bytes) -> None:
        """Reads what came. Raises BadRequest, and whatever `begin` raises."""
        if self._raw:
            self._send(data)
            return
        self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._raw = True
            if rest := data[upgrade.args[0] :]:
                self._send(rest)
        except httptools.HttpParserCallbackError as error:
            raise (error.__context__ or error) from None
        except httptools.HttpParserError as error:
            raise BadRequest(str(error)) from None
        if not self._in_body and self._head_bytes > _MAX_HEAD_BYTES:
            raise BadRequest(f"more than {_MAX_HEAD_BYTES} bytes of headers")

    def on_message_begin(self) -> None:
        self._url, self._headers = b"", []
        self._in_body = self._chunked = False

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_body:  # a trailer is left out
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_body = True
        method = self._parser.get_method()
        if method == b"CONNECT":
            self._begin(*_read_authority(self._url), True)
            return
        host, port, path = _read_url(self._url)
        self._begin(host, port, False)
        self._send_head(self._head(method, path))

    def _head(self, method: bytes, path: str) -> bytes:
        version = self._parser.get_http_version().encode()
        lines = [method + b" " + path.encode("latin-1") + b" HTTP/" + version]
        for name, value in self._headers:
            lower = name.lower()
            if lower == b"proxy-connection":
                name = b"Connection"  # what the browser says when there is no proxy
            elif lower == b"transfer-encoding":
                self._chunked = True
            if lower not in _HOP_BY_HOP:
                lines.append(name + b": " + value)
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def on_body(self, body: bytes) -> None:
        self._send(b"%x\r\n%b\r\n" % (len(body), body) if self._chunked else body)

    def on_message_complete(self) -> None:
        if self._chunked:
            self._send(b"0\r\n\r\n")
        self._in_body = False
        self._head_bytes = 0
