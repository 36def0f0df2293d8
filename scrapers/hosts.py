"""Which owner a URL belongs to: politeness is kept a registrable domain, not a host name."""

import functools
import ipaddress

import ada_url
from publicsuffixlist import PublicSuffixList

__all__ = ["host_key", "host_of", "is_address", "registrable_domain"]


@functools.cache
def _public_suffixes(*, encoded: bool) -> PublicSuffixList:
    """Made when the first host is asked for: `encoded`, with names in Punycode besides, it takes four times as long."""
    return PublicSuffixList(accept_encoded_idn=encoded)


def is_address(host: str) -> bool:
    """Whether a host is an IP address, IPv6 without brackets."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _canonical(host: str) -> str:
    """A host as the WHATWG URL Standard writes it, without brackets and final dot."""
    literal = f"[{host}]" if ":" in host and not host.startswith("[") else host
    try:
        return ada_url.URL(f"http://{literal}/").hostname.strip("[]").rstrip(".")
    except ValueError:
        return host.lower()  # no host at all: left as it is, or what is left of it might be one


@functools.lru_cache(16_384)
def registrable_domain(host: str) -> str:
    """The part of a host name that somebody registered: one label more than its public suffix (publicsuffix.org).

    An IP address, a single label, a public suffix and what is no host at all are their own domain.

    >>> registrable_domain("www.shop.co.uk.")
    'shop.co.uk'
    >>> registrable_domain("127.1"), registrable_domain("[::1]"), registrable_domain("localhost")
    ('127.0.0.1', '::1', 'localhost')
    """
    host = _canonical(host)
    if "." not in host or is_address(host):
        return host
    return _public_suffixes(encoded="xn--" in host).privatesuffix(host) or host


def host_of(url: str) -> str:
    """The host of a URL as the WHATWG URL Standard writes it, without brackets and final dot; empty when it has none.

    >>> host_of("http://user@BÜCHER.example.:81/")
    'xn--bcher-kva.example'
    """
    try:
        return ada_url.URL(url).hostname.strip("[]").rstrip(".")
    except ValueError:
        return ""


def host_key(url: str, slot: int = 0) -> tuple[str, int]:
    """The key whose one owner fetches this URL.

    Args:
      slot: which of the domain's owners, for sources that allow several.

    >>> host_key("https://api.shop.example:8443/v1?page=2")
    ('shop.example', 0)
    """
    return registrable_domain(host_of(url)), slot
