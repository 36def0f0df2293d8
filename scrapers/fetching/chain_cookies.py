"""Cookies set on the way through redirects: many sites set one, redirect to the same page, and go on until it comes.

They live as long as one chain of redirects. Between requests nothing is kept.
"""

import aiohttp
from yarl import URL

from scrapers.fetching.http_session import Answer

__all__ = ["ChainCookies"]


class ChainCookies:
    """The cookies of one chain, by domain, path and scheme as in RFC 6265. Must be made on the loop."""

    def __init__(self) -> None:
        self._jar: aiohttp.CookieJar | None = None

    def keep(self, answer: Answer, url: str) -> None:
        """Takes what an answer sets."""
        fields = [value for name, value in answer.headers if name.lower() == "set-cookie"]
        if fields:
            self._jar = self._jar or aiohttp.CookieJar(unsafe=True)  # "unsafe": hosts that are IP addresses too
            self._jar.update_cookies_from_headers(fields, URL(url, encoded=True))

    def header(self, url: str) -> str:
        """What goes into `Cookie` for a URL; empty for nothing."""
        if self._jar is None:
            return ""
        cookies = self._jar.filter_cookies(URL(url, encoded=True))
        return "; ".join(f"{name}={morsel.coded_value}" for name, morsel in cookies.items())
