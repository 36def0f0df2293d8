"""Proxies as they are written."""

import pytest

from scrapers.source_files.proxy_address import ProxyAddress, parse_proxy


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://p.test:3128", ProxyAddress("p.test", 3128, "")),
        ("HTTP://10.0.0.1:80/", ProxyAddress("10.0.0.1", 80, "")),
        ("http://[2001:db8::1]:8080", ProxyAddress("2001:db8::1", 8080, "")),
        ("http://ann@p.test:3128", ProxyAddress("p.test", 3128, "ann")),
        ("http://${secret.both}@p.test:3128", ProxyAddress("p.test", 3128, "${secret.both}")),
        ("http://ann:${secret.p}-country-de@p.test:3128", ProxyAddress("p.test", 3128, "ann:${secret.p}-country-de")),
    ],
)
def test_what_is_a_proxy(text: str, address: ProxyAddress) -> None:
    assert parse_proxy(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "", "p.test:3128", "http://", "http://:3128", "http://p.test", "http://p.test:0", "http://p.test:3128/path",
        "http://${secret.host}:3128", "socks5://p.test:1080", "https://p.test:443", "http://a b:3128",
        "http://ann:pa55word@p.test:3128", "socks5://ann:pa55word@p.test:1080", "http://ann:pa55word@p.test",
        "http://ann:pa55word$${x}@p.test:80",
    ],
)  # fmt: skip
def test_what_is_none_and_that_no_message_tells_the_password(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_proxy(text)
    assert "pa55word" not in str(caught.value)


def test_names_are_for_people() -> None:
    assert [parse_proxy(f"http://ann@{name}").name for name in ("p.test:80", "[::1]:80")] == ["p.test:80", "[::1]:80"]
