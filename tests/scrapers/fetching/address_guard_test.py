"""Lookups: once, every address checked, pinned."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any

import pytest

from scrapers.fetching.address_guard import AddressRefused, Guard, LookupFailed, look_up


class Names:
    """A name server: knows some names, counts what it is asked, can be slow."""

    def __init__(self, addresses: Mapping[str, list[str]] | None = None, secs: float = 0) -> None:
        self.asked: list[str] = []
        self._secs = secs
        self._addresses = addresses or {}

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        await asyncio.sleep(self._secs)
        if host not in self._addresses:
            raise LookupFailed(f"{host}: no such name")
        return self._addresses[host]


NAMES = {
    "good.example": ["93.184.216.34", "2606:2800:220:1::1"],
    "half.example": ["93.184.216.34", "10.0.0.1"],
    "rebound.example": ["127.0.0.1"],
    "scoped.example": ["fe80::1%eth0"],
    "none.example": [],
}


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def test_a_public_name_is_pinned_to_its_first_address() -> None:
    assert run(Guard(look_up=Names(NAMES)).pin("Good.Example.", 443)) == ("93.184.216.34", 443)


def test_all_addresses_of_a_name_are_given_best_first() -> None:
    found = run(Guard(look_up=Names(NAMES)).addresses("good.example", 80))
    assert found == [("93.184.216.34", 80), ("2606:2800:220:1::1", 80)]


@pytest.mark.parametrize("host", ["half.example", "rebound.example", "scoped.example"])
def test_a_name_with_one_private_address_is_refused(host: str) -> None:
    with pytest.raises(AddressRefused, match="is not public"):
        run(Guard(look_up=Names(NAMES)).pin(host, 80))


@pytest.mark.parametrize("host", ["missing.example", "none.example"])
def test_a_name_without_an_address_is_no_refusal(host: str) -> None:
    with pytest.raises(LookupFailed, match=host):
        run(Guard(look_up=Names(NAMES)).pin(host, 80))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "0x7f.1",
        "[::1]",
        "::ffff:10.0.0.1",
        "localhost",
        "metadata",
        "a b",
        "",
        "127.0.0.1!",
        "x" * 300 + "!",
    ],
)
def test_what_needs_no_lookup_is_refused_without_one(host: str) -> None:
    names = Names()
    with pytest.raises(AddressRefused):
        run(Guard(look_up=names).pin(host, 80))
    assert names.asked == []


def test_a_public_address_needs_no_lookup() -> None:
    names = Names()
    assert run(Guard(look_up=names).pin("93.184.216.34", 8080)) == ("93.184.216.34", 8080)
    assert run(Guard(look_up=names).pin("2606:4700::1", 80)) == ("2606:4700::1", 80)
    assert names.asked == []


def test_a_port_that_is_not_for_http_is_refused() -> None:
    with pytest.raises(AddressRefused, match="port 25"):
        run(Guard(look_up=Names(NAMES)).pin("good.example", 25))


def test_a_name_is_looked_up_once_for_all_who_ask() -> None:
    names = Names(NAMES, secs=0.05)

    async def ask_at_once() -> None:
        guard = Guard(look_up=names)
        await asyncio.gather(*(guard.pin("good.example", port) for port in (80, 80, 443)))
        await guard.pin("good.example", 80)

    run(ask_at_once())
    assert names.asked == ["good.example"]


def test_one_who_gives_up_does_not_end_the_lookup_of_the_others() -> None:
    async def one_gives_up() -> Any:
        guard = Guard(look_up=Names(NAMES, secs=0.1))
        hasty = asyncio.create_task(guard.pin("good.example", 80))
        patient = asyncio.create_task(guard.pin("good.example", 80))
        await asyncio.sleep(0.02)
        hasty.cancel()
        return await patient

    assert run(one_gives_up()) == ("93.184.216.34", 80)


def test_an_answer_is_kept_for_a_minute_and_a_failure_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    names, clock = Names(NAMES), [1000.0]

    async def ask(guard: Guard, host: str) -> None:
        with pytest.raises((LookupFailed, AddressRefused)):
            await guard.pin(host, 80)

    async def wait_between() -> list[str]:
        guard = Guard(look_up=names, clock=lambda: clock[0])
        for passed in (0.0, 0.2, 6.0, 61.0):
            clock[0] = 1000.0 + passed
            await ask(guard, "missing.example")
            await ask(guard, "half.example")
        return names.asked

    asked = run(wait_between())
    assert asked.count("half.example") == 2
    assert asked.count("missing.example") == 3


@pytest.mark.parametrize(
    ("mapping", "host", "port", "expected"),
    [
        ("shop.test:80:127.0.0.1", "shop.test", 80, ("127.0.0.1", 80)),
        ("shop.test:80:127.0.0.1:8080", "SHOP.test.", 80, ("127.0.0.1", 8080)),
        ("+shop.test:80:127.0.0.1", "shop.test", 80, ("127.0.0.1", 80)),
        ("*:80:127.0.0.1:8080", "anything.example", 80, ("127.0.0.1", 8080)),
        ("shop.test:443:[::1]", "shop.test", 443, ("::1", 443)),
        ("shop.test:443:[::1]:8443", "shop.test", 443, ("::1", 8443)),
        ("[::1]:80:127.0.0.1:8080", "::1", 80, ("127.0.0.1", 8080)),
        ("127.0.0.1:8080:127.0.0.1", "127.0.0.1", 8080, ("127.0.0.1", 8080)),
        ("localhost:22:127.0.0.1", "localhost", 22, ("127.0.0.1", 22)),
        ("BÜCHER.test:80:127.0.0.1", "xn--bcher-kva.test", 80, ("127.0.0.1", 80)),
    ],
)
def test_resolve_maps_and_admits(mapping: str, host: str, port: int, expected: tuple[str, int]) -> None:
    guard = Guard([mapping], look_up=Names())
    assert run(guard.pin(host, port)) == expected
    literal = f"[{host}]" if ":" in host else host
    assert guard.check(f"http://{literal}:{port}/") is None


def test_resolve_admits_nothing_else() -> None:
    guard = Guard(["shop.test:80:127.0.0.1"], look_up=Names({"rebound.example": ["127.0.0.1"]}))
    for host, port in [("shop.test", 81), ("127.0.0.1", 80), ("rebound.example", 80)]:
        with pytest.raises((AddressRefused, LookupFailed)):
            run(guard.pin(host, port))
    assert guard.check("http://127.0.0.1/")
    assert guard.check("ftp://shop.test:80/")


@pytest.mark.parametrize(
    "mapping",
    [
        "",
        "shop.test",
        "shop.test:80",
        "shop.test:x:127.0.0.1",
        "shop.test:80:",
        "shop.test:80:other.test",
        "shop.test:80:1.2.3.4:5:6",
    ],
)
def test_a_mapping_that_is_none_is_refused(mapping: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT:ADDR"):
        Guard([mapping])


def test_allow_admits_hosts_and_networks() -> None:
    names = Names({"wiki.corp": ["10.2.0.7"], "other.corp": ["10.3.0.7"], "rebound.example": ["10.2.0.7"]})
    guard = Guard(allow=["10.2.0.0/16", "wiki.corp"], look_up=names)
    assert run(guard.pin("wiki.corp", 80)) == ("10.2.0.7", 80)
    assert run(guard.pin("10.2.0.8", 80)) == ("10.2.0.8", 80)
    assert run(guard.pin("rebound.example", 80)) == ("10.2.0.7", 80)
    assert guard.check("http://wiki.corp/") is None
    with pytest.raises(AddressRefused):
        run(guard.pin("10.3.0.1", 80))
    with pytest.raises(AddressRefused):
        run(guard.pin("other.corp", 80))


def test_the_system_is_asked_on_a_thread() -> None:
    assert run(look_up("127.0.0.1", 80)) == ["127.0.0.1"]
    with pytest.raises(LookupFailed, match="invalid"):
        run(look_up("no-such-name.invalid", 80))
    with pytest.raises(LookupFailed):
        run(look_up("a" * 70 + ".example", 80))
