"""A site on loopback that does as it is told."""

import dataclasses
import http.server
import threading
import time
from collections import Counter
from collections.abc import Callable

HTML = "text/html; charset=utf-8"


@dataclasses.dataclass
class Answer:
    """What the site says to one request.

    Attributes:
      secs: how long it waits before.
    """

    body: str = ""
    status: int = 200
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    secs: float = 0.0


class Site:
    """Every host is this server; `answer` gets `host/path` and gives an Answer or a body."""

    def __init__(self, answer: Callable[[str], Answer | str]) -> None:
        self.asked: list[str] = []
        self.answer = answer
        handler = type("Handler", (_Handler,), {"site": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def resolve(self) -> list[str]:
        """The option that leads to it."""
        return ["--resolve", f"*:80:127.0.0.1:{self._server.server_address[1]}"]

    @property
    def pages(self) -> Counter[str]:
        """How often each was asked for, robots.txt left out."""
        return Counter(one for one in self.asked if not one.endswith("/robots.txt"))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is what some tests are about."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    site: Site

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def do_GET(self) -> None:
        wanted = self.headers["Host"].partition(":")[0] + self.path
        self.site.asked.append(wanted)
        if self.path == "/robots.txt":
            answer: Answer | str = Answer(status=404)
        else:
            answer = self.site.answer(wanted)
        answer = Answer(answer) if isinstance(answer, str) else answer
        time.sleep(answer.secs)
        body = answer.body.encode()
        self.send_response(answer.status)
        for name, value in {"Content-Type": HTML, "Content-Length": str(len(body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""
