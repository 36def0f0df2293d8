"""Where a redirect leads and what may be sent there (RFC 9110, 15.4)."""

import ada_url

__all__ = ["method_after", "origin_of", "redirect_target"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def origin_of(url: str) -> str:
    """Scheme, host and port of a canonical http URL, without user and password.

    >>> origin_of("http://me:pw@shop.example:81/a")
    'http://shop.example:81'
    """
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}"


def redirect_target(status: int, location: str, url: str) -> str | None:
    """The URL to go to, without fragment; None when the answer is no redirect, or names no place that can be gone to.

    >>> redirect_target(302, "../b#top", "http://shop.example/x/a")
    'http://shop.example/b'
    >>> redirect_target(304, "/b", "http://shop.example/") is None
    True

    A Location that is a URL by itself is read as one, also where a browser would read it against its base
    (`http:10.0.0.1/`); one with a host that nobody can read stays as it is: the address guard judges both.

    >>> redirect_target(302, "http:10.0.0.1/", "http://shop.example/")
    'http://10.0.0.1/'
    """
    if status not in _REDIRECTS or not location:
        return None
    location = location.strip()
    for base in (None, url):
        try:
            target = ada_url.URL(location, base=base)
        except ValueError:
            continue
        target.hash = ""
        return target.href
    return location if "://" in location else None


def method_after(status: int, method: str) -> str:
    """The method of what follows: 303 turns all but HEAD into GET, 301 and 302 turn POST into GET, others keep it."""
    if status == 303 and method != "HEAD":
        return "GET"
    return "GET" if status in (301, 302) and method == "POST" else method
