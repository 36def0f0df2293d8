"""Which hosts and IP addresses a scrape may never reach: everything that is not the public internet."""

import functools
import ipaddress

import ada_url

__all__ = ["BAD_PORTS", "check_url", "refuse", "refuse_name"]

_V4 = {  # IANA IPv4 Special-Purpose Address Registry, multicast, and one cloud's public address that is not public
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "carrier-grade NAT",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "reserved",
    "192.0.2.0/24": "documentation",
    "192.88.99.0/24": "6to4 relay",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "benchmarking",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
    "168.63.129.16/32": "cloud metadata",
}
_V6 = {  # IANA IPv6 Special-Purpose Address Registry, and forms that RFC 4291 has withdrawn
    "::1/128": "loopback",
    "::/96": "IPv4-compatible",
    "::ffff:0:0:0/96": "IPv4-translated",
    "64:ff9b:1::/48": "local NAT64",
    "100::/64": "discard-only",
    "100:0:0:1::/64": "dummy",
    "2001::/23": "reserved",
    "2001:db8::/32": "documentation",
    "3fff::/20": "documentation",
    "5f00::/16": "segment routing",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}
_V4_NETWORKS = tuple((ipaddress.IPv4Network(network), what) for network, what in _V4.items())
_V6_NETWORKS = tuple((ipaddress.IPv6Network(network), what) for network, what in _V6.items())
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052

BAD_PORTS = frozenset({
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
    110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530,
    531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190,
    5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
})  # fmt: skip
"""Ports that no browser talks HTTP to ("bad port", fetch.spec.whatwg.org)."""

_LOCAL_SUFFIXES = (
    "localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa",
    "svc", "cluster.local",
)  # fmt: skip
"""RFC 6761, RFC 6762 (appendix G), RFC 8375, ICANN's `internal`: names that only a local network knows."""

_METADATA_NAMES = frozenset({
    "metadata.google.internal", "metadata.goog", "instance-data.ec2.internal", "metadata.packet.net",
    "metadata.platformequinix.com", "metadata.tencentyun.com", "metadata.azure.com", "metadata.oraclecloud.com",
})  # fmt: skip
_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


def _embedded(ip: ipaddress.IPv6Address) -> tuple[ipaddress.IPv4Address, ...]:
    """IPv4 addresses that an IPv6 address leads to: mapped, NAT64, 6to4, and Teredo's server and client."""
    if ip.ipv4_mapped:
        return (ip.ipv4_mapped,)
    if ip in _NAT64:
        return (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF),)
    if ip.sixtofour:
        return (ip.sixtofour,)
    return ip.teredo or ()


def _kind(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str | None:
    """What a non-public address is for; None for a public one."""
    if isinstance(ip, ipaddress.IPv4Address):
        return next((what for network, what in _V4_NETWORKS if ip in network), None)
    if inner := _embedded(ip):
        return next(filter(None, map(_kind, inner)), None)
    return next((what for network, what in _V6_NETWORKS if ip in network), None)


@functools.lru_cache(16_384)
def refuse(address: str) -> str | None:
    """Why an IP address is refused; None when it is a public one.

    >>> refuse("::ffff:10.0.0.1")
    '::ffff:10.0.0.1 is not public (private)'
    >>> refuse("93.184.216.34") is None
    True
    """
    plain = address.partition("%")[0].strip("[]")
    try:
        kind = _kind(ipaddress.ip_address(plain))
    except ValueError:
        return f"{address!r} is not an IP address"
    return f"{plain} is not public ({kind})" if kind else None


def refuse_name(host: str) -> str | None:
    """Why a host is refused before any lookup; None for a public address and for a name that may be looked up.

    Args:
      host: in the WHATWG URL Standard's spelling (lower case, A-labels, addresses in their one form).
    """
    host = host.removesuffix(".")
    if not host:
        return "no host"
    if ":" in host or host.replace(".", "").isdigit():
        return refuse(host)
    if not _NAME_CHARACTERS.issuperset(host) or ".." in f".{host}":
        return f"{host!r} is not a host name"
    if "." not in host:
        return f"{host!r} is a name of the local network"
    if host in _METADATA_NAMES:
        return f"{host} is a cloud's metadata service"
    if host.endswith(tuple(f".{suffix}" for suffix in _LOCAL_SUFFIXES)):
        return f"{host} is a name of the local network"
    return None


def check_url(url: str) -> str | None:
    """Why a URL is refused before any lookup, by scheme, host and port; None when it may be looked up.

    The host is read as the WHATWG URL Standard reads it, so hexadecimal, octal, short, percent-encoded and full-width
    spellings of an address are that address. User names and passwords do not matter: what counts is the host.

    >>> check_url("http://0x7f.1/")
    '127.0.0.1 is not public (loopback)'
    >>> check_url("ftp://example.com/")
    'scheme ftp is not http or https'
    """
    try:
        parsed = ada_url.URL(url)
    except ValueError:
        return "not a valid URL"
    scheme = parsed.protocol.rstrip(":")
    if scheme not in ("http", "https"):
        return f"scheme {scheme} is not http or https"
    if parsed.port and int(parsed.port) in BAD_PORTS:
        return f"port {parsed.port} is not for HTTP"
    return refuse_name(parsed.hostname.strip("[]"))
