"""Which cookies of a storage state go with an HTTP request (RFC 6265, 5.1.3, 5.1.4 and 5.4)."""

from typing import Any

import ada_url

from scrapers.browsing.session_state import Storage
from scrapers.hosts import host_of, is_address, registrable_domain

__all__ = ["cookie_header"]


def cookie_header(storage: Storage, url: str, now: float, newer: str = "") -> str:
    """The value of `Cookie` for a URL that is opened by itself, as in an address bar; empty for none.

    Args:
      now: Unix seconds.
      newer: cookies that were set since, as they are sent; they stand in the place of those with their names.

    >>> sid = {"name": "sid", "value": "1", "domain": ".shop.example", "path": "/", "expires": -1, "secure": False}
    >>> cookie_header({"cookies": [sid]}, "http://www.shop.example/a", 0)
    'sid=1'
    """
    try:
        target = ada_url.URL(url)
    except ValueError:
        return ""
    host = host_of(url)
    sent = [cookie for cookie in storage["cookies"] if _goes_to(cookie, target, host, now)]
    sent.sort(key=lambda cookie: -len(cookie["path"]))  # 5.4: longer paths first, else as they were made
    renewed = {one.partition("=")[0] for one in newer.split("; ")} if newer else set()
    pairs = [f"{one['name']}={one['value']}" if one["name"] else one["value"] for one in sent]
    return "; ".join([*(pair for pair in pairs if pair.partition("=")[0] not in renewed), *filter(None, [newer])])


def _goes_to(cookie: dict[str, Any], target: ada_url.URL, host: str, now: float) -> bool:
    if cookie["expires"] != -1 and cookie["expires"] <= now:
        return False
    if cookie.get("secure") and target.protocol != "https:":
        return False
    partition = cookie.get("partitionKey")  # the site in whose pages it was set: here the page's own
    if partition and registrable_domain(host_of(partition)) != registrable_domain(host):
        return False
    return _is_of_domain(cookie["domain"].lower(), host) and _is_below(cookie["path"], target.pathname)


def _is_of_domain(domain: str, host: str) -> bool:
    """Playwright writes a leading dot where hosts below the domain are meant as well."""
    bare = domain.strip(".").strip("[]")
    if host == bare:
        return True
    return domain.startswith(".") and host.endswith(f".{bare}") and not is_address(host)


def _is_below(cookie_path: str, path: str) -> bool:
    if not cookie_path.startswith("/"):
        cookie_path = "/"
    return path == cookie_path or (
        path.startswith(cookie_path) and (cookie_path.endswith("/") or path[len(cookie_path)] == "/")
    )
