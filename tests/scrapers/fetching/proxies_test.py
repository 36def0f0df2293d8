"""Which proxy is asked, and which one rests."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from scrapers.fetching.address_guard import Guard
from scrapers.fetching.proxies import Proxies
from scrapers.fetching.upstream import ProxyFailed, Upstream

NAMES = ["a.test:1000", "b.test:1000", "c.test:1000"]


def asked(body: Callable[[Proxies, Callable[..., Awaitable[Any]], list[Upstream]], Awaitable[None]]) -> list[str]:
    """Runs a test with three proxies and what asks one of them; gives the names of those that were asked."""
    seen: list[Upstream] = []

    async def whole() -> None:
        proxies = Proxies([f"http://{name}" for name in NAMES], Guard(), str)

        async def ask(*, keep: bool = False, failing: tuple[str, ...] = ()) -> str:
            async def work(one: Upstream) -> str:
                seen.append(one)
                if one.name in failing:
                    raise one.failed("it is down")
                one.worked()
                return one.name

            return await proxies.through(work, keep=keep)

        await body(proxies, ask, seen)

    asyncio.run(whole())
    return [one.name for one in seen]


def test_turns_are_taken_and_begin_somewhere() -> None:
    async def body(_proxies: Any, ask: Any, _seen: Any) -> None:
        for _ in range(6):
            await ask()

    names = asked(body)
    assert sorted(names[:3]) == NAMES
    assert names[:3] == names[3:]


def test_one_is_kept_until_it_fails_and_so_is_the_next() -> None:
    async def body(_proxies: Any, ask: Any, _seen: Any) -> None:
        first = await ask(keep=True)
        assert await ask(keep=True) == first
        second = await ask(keep=True, failing=(first,))
        assert second != first
        assert await ask(keep=True) == second

    asked(body)


def test_three_failures_in_a_row_are_a_rest_and_the_next_failure_another_one() -> None:
    async def body(_proxies: Any, ask: Any, seen: list[Upstream]) -> None:
        for _ in range(9):
            await ask(failing=(NAMES[0],))
        resting = next(one for one in seen if one.name == NAMES[0])
        assert sum(one is resting for one in seen) == 3
        resting.rests_until = 0.0  # the rest is over
        for _ in range(6):
            await ask(failing=(NAMES[0],))
        assert sum(one is resting for one in seen) == 4

    asked(body)


def test_a_success_in_between_is_no_row() -> None:
    async def body(_proxies: Any, ask: Any, seen: list[Upstream]) -> None:
        for number in range(18):
            await ask(failing=(NAMES[0],) if number % 6 < 3 else ())
        assert all(one.rests_until == 0.0 for one in seen)

    asked(body)


def test_when_all_rest_it_is_said_of_each_why() -> None:
    async def body(_proxies: Any, ask: Any, seen: list[Upstream]) -> None:
        for _ in range(3):
            with pytest.raises(ProxyFailed):
                await ask(failing=tuple(NAMES))
        before = len(seen)
        with pytest.raises(ProxyFailed) as caught:
            await ask()
        assert len(seen) == before
        assert caught.value.transient
        assert all(f"the proxy {name} rests for 60 s more: it is down" in str(caught.value) for name in NAMES)

    asked(body)
