"""Which addresses and hosts are refused, in every spelling."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrapers.fetching.addresses import check_url, refuse

PRIVATE = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.51.100.7",
    "203.0.113.9",
    "168.63.129.16",
    "100.100.100.200",
    "192.88.99.1",
]
PUBLIC = [
    "93.184.216.34",
    "8.8.8.8",
    "1.1.1.1",
    "172.15.0.1",
    "172.32.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "192.0.1.1",
    "11.0.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.1.1",
    "198.17.0.1",
    "223.255.255.255",
]
CIRCLED = dict(zip("0123456789", "⓪①②③④⑤⑥⑦⑧⑨", strict=True))


def spellings(address: str) -> list[str]:
    """Hosts of URLs that a browser takes for this IPv4 address."""
    octets = [int(part) for part in address.split(".")]
    number = int(ipaddress.IPv4Address(address))
    return [
        address,
        f"{address}.",
        str(number),
        hex(number),
        f"0{number:o}",
        ".".join(map(hex, octets)),
        ".".join(f"0x{octet:02X}" for octet in octets),
        ".".join(f"{octet:04o}" for octet in octets),
        f"{octets[0]}.{number & 0xFFFFFF}",
        f"{octets[0]}.{octets[1]}.{number & 0xFFFF}",
        address.replace(".", "。"),
        address.replace(".", "｡"),
        "".join(CIRCLED.get(character, character) for character in address),
        "".join(f"%{ord(character):02x}" for character in address),
        "".join(chr(ord(character) + 0xFEE0) for character in address),
        f"user:pw@{address}:80",
        f"example.com@{address}",
        f"example.com%40{address}@{address}",
        f"{address}:80#\\@example.com",
        f"{address}\\@example.com",
    ]


def six(address: str) -> list[str]:
    """IPv6 hosts that lead to an IPv4 address."""
    number = int(ipaddress.IPv4Address(address))
    high, low = number >> 16, number & 0xFFFF
    return [
        f"[::ffff:{address}]",
        f"[::FFFF:{high:x}:{low:x}]",
        f"[0:0:0:0:0:ffff:{address}]",
        f"[64:ff9b::{address}]",
        f"[2002:{high:x}:{low:x}::]",
        f"[2002:{high:x}:{low:x}:1::7]",
        f"[2001:0:{high:x}:{low:x}:0:ffff:f7f7:f7f7]",
        f"[2001:0:808:808:0:ffff:{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}]",
    ]


@pytest.mark.parametrize("address", PRIVATE)
def test_every_spelling_of_a_private_address_is_refused(address: str) -> None:
    hosts = [*spellings(address), *six(address), f"[::{address}]", f"[::ffff:0:{address}]", f"[64:ff9b:1::{address}]"]
    let_through = [host for host in hosts if check_url(f"http://{host}/") is None]
    assert let_through == []
    assert check_url(f"http:\\\\{address}\\")
    assert check_url(f"http:{address}/")
    assert check_url(f" http://{address}/latest/[ROLE")


@pytest.mark.parametrize("address", PUBLIC)
def test_every_spelling_of_a_public_address_is_let_through(address: str) -> None:
    hosts = [*spellings(address), *six(address)]
    assert [(host, check_url(f"http://{host}/")) for host in hosts if check_url(f"http://{host}/")] == []


@pytest.mark.parametrize(
    "url",
    [
        "http://[::]/",
        "http://[::1]/",
        "http://[0:0:0:0:0:0:0:1]:8080/",
        "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fec0::1]/",
        "http://[fc00::1]/",
        "http://[fd00:ec2::254]/",
        "http://[ff02::1]/",
        "http://[100::1]/",
        "http://[2001:db8::1]/",
        "http://[2001:10::1]/",
        "http://[2001:2::1]/",
        "http://[3fff::1]/",
        "http://[5f00::1]/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://ｌｏｃａｌｈｏｓｔ/",
        "http://loc%61lhost/",
        "http://a.localhost:8080/",
        "http://localhost.localdomain/",
        "http://printer.local/",
        "http://metadata/computeMetadata/v1/",
        "http://metadata.google.internal/",
        "http://instance-data/latest/",
        "http://rancher-metadata/",
        "http://kubernetes.default.svc/",
        "http://router.home.arpa/",
        "http://intranet/",
        "http://127.0.0.1!/",
        "http://0o177.0.0.1/",
        "http://127.0.0.1.5/",
        "http://256.1.1.1/",
        "http://example.com:22/",
        "http://example.com:6000/",
        "http://example.com:0/",
        "http://example.com:99999/",
        "http://ex ample.com/",
        "http://exa$mple.com/",
        "http://",
        "http:///",
        "http://./",
        "http://../",
        "//example.com/",
        "/etc/passwd",
        "",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com:70/_x",
        "dict://example.com:11211/stat",
        "ldap://example.com/",
        "jar:http://example.com!/a",
        "javascript:alert(1)",
        "data:text/html,x",
        "ws://example.com/",
        "view-source:http://example.com/",
    ],
)
def test_refused(url: str) -> None:
    assert check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "HTTPS://WWW.Example.COM.:8443/a?b#c",
        "http://user:pw@example.com/",
        "http://bücher.example/",
        "http://a_b.example.com/",
        "http://xn--bcher-kva.example/",
        "http://127.0.0.1.example.com/",
        "http://localhost.example.com/",
        "http://notlocalhost.com/",
        "http://[2606:4700:4700::1111]/",
        "http://[2a00:1450:4001:831::200e]:8080/",
        "http://1e100.net/",
        "http:example.com/",
    ],
)
def test_let_through(url: str) -> None:
    assert check_url(url) is None


def test_reasons_can_be_read() -> None:
    assert check_url("http://0x7f.1/") == "127.0.0.1 is not public (loopback)"
    assert check_url("ftp://example.com/") == "scheme ftp is not http or https"
    assert check_url("http://example.com:25/") == "port 25 is not for HTTP"
    assert refuse("fe80::1%eth0") == "fe80::1 is not public (link-local)"
    assert refuse("example.com") == "'example.com' is not an IP address"


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_nothing_that_python_calls_private_is_let_through(address: ipaddress.IPv4Address) -> None:
    if not address.is_global:
        assert refuse(str(address))


@settings(deadline=None)
@given(st.ip_addresses(v=6))
def test_no_ipv6_that_python_calls_private_is_let_through(address: ipaddress.IPv6Address) -> None:
    inner = address.ipv4_mapped or address.sixtofour
    if not address.is_global and not inner and not address.teredo:
        assert refuse(str(address))


@settings(deadline=None)
@given(st.text())
def test_any_text_is_checked_without_an_exception(text: str) -> None:
    check_url(text)
    check_url(f"http://{text}/")
    assert refuse(text) or ipaddress.ip_address(text.partition("%")[0])
