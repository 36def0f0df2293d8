"""Cookies set on the way through redirects: many sites set one, redirect to the same page, and go on until it comes.

They live as long as one chain of redirects. Between requests nothing is kept.
"""

import email.message
import http.cookiejar
import urllib.request
from http.client import HTTPResponse
from typing import cast

from scrapers.fetching.http_connection import Answer

__all__ = ["ChainCookies"]


class _Fields:
    """An answer as http.cookiejar wants it: something with `info()`."""

    def __init__(self, answer: Answer) -> None:
        self._message = email.message.Message()
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                self._message.add_header("Set-Cookie", value)

    def info(self) -> email.message.Message:
        return self._message


class ChainCookies:
    """The cookies of one chain, by domain, path and scheme."""

    def __init__(self) -> None:
        self._jar: http.cookiejar.CookieJar | None = None

    def keep(self, answer: Answer, url: str) -> None:
        """Takes what an answer sets."""
        if answer.header("set-cookie"):
            self._jar = self._jar or http.cookiejar.CookieJar()
            request = urllib.request.Request(url)  # noqa: S310  nothing is opened
            self._jar.extract_cookies(cast(HTTPResponse, _Fields(answer)), request)

    def header(self, url: str) -> str:
        """What goes into `Cookie` for a URL; empty for nothing."""
        if self._jar is None:
            return ""
        request = urllib.request.Request(url)  # noqa: S310  nothing is opened
        self._jar.add_cookie_header(request)
        return request.get_header("Cookie") or ""
