"""The browser's connections through a source's own proxy, without a browser."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from scrapers.browsing.guard_proxy import GuardProxy
from scrapers.fetching.address_guard import Guard
from scrapers.fetching.proxies import Proxies
from tests.scrapers.browsing.proxied import answer, echo_heads, listening, run
from tests.scrapers.forward_proxy import ForwardProxy, forwarding


@contextlib.asynccontextmanager
async def guarded(port: int, password: str) -> AsyncIterator[tuple[GuardProxy, Callable[[], Any]]]:
    """A guard whose ways lead through a proxy at this port, and what opens a connection to it."""
    guard = Guard([f"proxy.test:3128:127.0.0.1:{port}", "shop.test:80:127.0.0.1:9", "shop.test:443:127.0.0.1:9"])
    proxies = Proxies(["http://ann:${secret.p}@proxy.test:3128"], guard, {"p": password}.__getitem__)
    running = GuardProxy(guard, proxies)
    own_port = await running.start()
    try:
        yield running, lambda: asyncio.open_connection("127.0.0.1", own_port)
    finally:
        running.close()


def through(password: str, work: Callable[[GuardProxy, Any, ForwardProxy], Any]) -> None:
    async def whole() -> None:
        async with listening(echo_heads) as port:
            with forwarding(port, "ann:right") as upstream:
                async with guarded(upstream.port, password) as (running, connect):
                    await work(running, connect, upstream)

    run(whole())


def test_a_tunnel_leads_through_a_tunnel() -> None:
    async def work(running: GuardProxy, connect: Any, upstream: ForwardProxy) -> None:
        reader, writer = await connect()
        writer.write(b"CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        for path in (b"/a", b"/b"):
            writer.write(b"GET %b HTTP/1.1\r\nHost: shop.test\r\n\r\n" % path)
            status, _, body = await answer(reader)
            assert (status, body.split(b"\r\n")[0]) == (200, b"GET %b HTTP/1.1" % path)
        assert upstream.tunnels == ["shop.test:443"]
        assert running.bytes_received > 0
        writer.close()

    through("right", work)


def test_requests_in_plain_text_are_written_for_the_proxy() -> None:
    async def work(_running: GuardProxy, connect: Any, upstream: ForwardProxy) -> None:
        reader, writer = await connect()
        for path in (b"/a", b"/b"):
            head = b"POST http://shop.test%b HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 4\r\n\r\n" % path
            writer.write(head + b"form")
            status, _, body = await answer(reader)
            assert (status, body.split(b"\r\n")[0]) == (200, b"POST %b HTTP/1.1" % path)
            assert b"proxy-" not in body.lower()
            assert body.endswith(b"form")
        assert upstream.urls == ["http://shop.test/a", "http://shop.test/b"]
        writer.close()

    through("right", work)


@pytest.mark.parametrize("tunnel", [True, False])
def test_a_password_that_is_refused_is_a_failure_that_names_the_proxy(tunnel: bool) -> None:
    async def work(running: GuardProxy, connect: Any, _upstream: ForwardProxy) -> None:
        reader, writer = await connect()
        port = 443 if tunnel else 80
        line = b"CONNECT shop.test:443" if tunnel else b"GET http://shop.test/"
        writer.write(line + b" HTTP/1.1\r\nHost: shop.test\r\n\r\n")
        if tunnel:
            assert (await answer(reader))[0] == 502
        else:
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        (failure,) = running.failures(0)
        assert (failure.host, failure.port) == ("shop.test", port)
        assert failure.reason == f"the proxy proxy.test:3128: it answered 407 for shop.test:{port}"
        writer.close()

    through("wrong", work)


@pytest.mark.parametrize("line", [b"CONNECT 10.0.0.1:443", b"GET http://169.254.169.254/"])
def test_what_is_refused_never_reaches_the_proxy(line: bytes) -> None:
    async def work(running: GuardProxy, connect: Any, upstream: ForwardProxy) -> None:
        reader, writer = await connect()
        writer.write(line + b" HTTP/1.1\r\n\r\n")
        assert (await answer(reader))[0] == 403
        assert len(running.refusals(0)) == 1
        assert upstream.asked == []
        writer.close()

    through("right", work)
