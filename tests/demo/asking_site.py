"""Asks the hosts of the demo site."""

import http.client
import urllib.parse
from typing import NamedTuple

__all__ = ["Answer", "Site"]


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Site:
    """Asks the hosts of the site on its port."""

    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, host: str, path: str, **headers: str) -> Answer:
        return self._ask("GET", host, path, {name.replace("_", "-"): value for name, value in headers.items()})

    def _ask(self, method: str, host: str, path: str, headers: dict[str, str], body: str | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, {"Host": host, **headers})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def text(self, host: str, path: str, charset: str = "utf-8", **headers: str) -> str:
        return self.get(host, path, **headers).body.decode(charset)

    def post(self, host: str, path: str, form: dict[str, str], cookie: str) -> Answer:
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        return self._ask("POST", host, path, sent, urllib.parse.urlencode(form))
