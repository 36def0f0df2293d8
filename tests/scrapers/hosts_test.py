"""Registrable domains and host keys."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrapers.hosts import host_key, host_of, registrable_domain


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("example.com", "example.com"),
        ("WwW.Example.COM", "example.com"),
        ("www.example.com.", "example.com"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("www.city.kobe.jp", "city.kobe.jp"),
        ("a.b.c.kobe.jp", "b.c.kobe.jp"),
        ("someone.github.io", "someone.github.io"),
        ("x.someone.github.io", "someone.github.io"),
        ("co.uk", "co.uk"),
        ("www.unlisted.nosuchtld", "unlisted.nosuchtld"),
        ("www.食狮.com.cn", "xn--85x722f.com.cn"),
        ("www.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn"),
        ("localhost", "localhost"),
        ("intranet.", "intranet"),
        ("192.168.0.1", "192.168.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("[2001:DB8::0:1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("", ""),
    ],
)
def test_registrable_domain(host: str, domain: str) -> None:
    assert registrable_domain(host) == domain


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://api.shop.example:8443/v1?page=2", ("shop.example", 0)),
        ("http://user:secret@www.shop.example/", ("shop.example", 0)),
        ("http://127.0.0.1:8000/a", ("127.0.0.1", 0)),
        ("http://[::1]:8000/a", ("::1", 0)),
        ("http://WWW.B%C3%9CCHER.example./", ("xn--bcher-kva.example", 0)),
        ("not a url", ("", 0)),
        ("mailto:a@shop.example", ("", 0)),
    ],
)
def test_host_key(url: str, key: tuple[str, int]) -> None:
    assert host_key(url) == key


def test_slots_of_a_domain_are_different_keys() -> None:
    assert host_key("http://shop.example/", 3) == ("shop.example", 3)


def test_spellings_of_one_host_have_one_key() -> None:
    spellings = [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://127.1/",
        "http://１２７.0.0.1/",
    ]
    assert {host_key(url) for url in spellings} == {("127.0.0.1", 0)}


@settings(deadline=None)
@given(st.text())
def test_any_text_has_a_domain_that_is_its_own(text: str) -> None:
    domain = registrable_domain(text)
    assert registrable_domain(domain) == domain
    assert isinstance(host_of(text), str)


def test_what_is_no_host_is_its_own_domain_and_stays_so():
    assert registrable_domain("0[") == "0["
    assert registrable_domain(registrable_domain("0[")) == "0["
