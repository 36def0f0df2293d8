"""The wire of the fake BigQuery: HTTP/1.1 with connections that stay open, and faults on order."""

import contextlib
import gzip
import http.server
import json
import socket
import struct
import threading
import urllib.parse
from collections.abc import Callable
from typing import Any

from tests.bigquery_servers.strict_faults import Fault
from tests.bigquery_servers.strict_refusals import Refusal

__all__ = ["Answer", "Call", "Wire"]

MOST_SECS = 60
"""Longer is no test's event waited for."""
Answer = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""


class Call:
    """A request as it came.

    Attributes:
      headers: by lower-case name.
      fault: what is to go wrong with it; set by the server before it answers.
    """

    def __init__(self, verb: str, target: str, headers: dict[str, str], body: bytes) -> None:
        split = urllib.parse.urlsplit(target)
        self.verb = verb
        self.path = urllib.parse.unquote(split.path)
        self.query = dict(urllib.parse.parse_qsl(split.query, keep_blank_values=True))
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body
        self.fault = Fault()

    def json(self) -> dict[str, Any]:
        """Raises: Refusal when the body is no JSON object."""
        if not self.body:
            return {}
        try:
            found = json.loads(self.body)
        except ValueError as error:
            raise Refusal(400, f"Invalid JSON payload received. {error}", "parseError") from error
        return found if isinstance(found, dict) else {}


class Wire:
    """Serves on a port of loopback until it is closed.

    Args:
      order_fault: gives a call its fault.
      answer: does what a call asks.
    """

    def __init__(self, order_fault: Callable[[Call], None], answer: Callable[[Call], Answer]) -> None:
        self._server = _Server(order_fault, answer)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        for connection in list(self._server.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        self._thread.join()


class _Server(http.server.ThreadingHTTPServer):
    """Threads end with their connections."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, order_fault: Callable[[Call], None], answer: Callable[[Call], Answer]) -> None:
        self.order_fault = order_fault
        self.answer = answer
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *_: Any) -> None:
        """A client that went away is no news."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def serve(self) -> None:
        call = Call(self.command, self.path, dict(self.headers.items()), self._body())
        self.server.order_fault(call)
        if call.fault.until:
            call.fault.until.wait(MOST_SECS)
        if call.fault.cut != "before":
            status, headers, body = self.server.answer(call)
        if call.fault.cut:
            self._reset()
            return
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve  # noqa: N815

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _reset(self) -> None:
        """The client reads ECONNRESET."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.rfile.close()
        self.connection.close()

    def log_message(self, *_: Any) -> None:
        """Tests read `StrictBigQuery.requests` instead."""
