"""What the proxy refuses and to whom, what it tells of it, and how connections end."""

import asyncio
import contextlib
import os

import pytest

from scrapers.browsing.guard_proxy import GuardProxy
from scrapers.fetching.address_guard import Guard
from tests.scrapers.browsing.proxied import answer, ask, echo_heads, get, listening, proxied, run


@pytest.mark.parametrize(
    ("message", "host", "port"),
    [
        (b"GET http://127.0.0.1/ HTTP/1.1\r\n\r\n", "127.0.0.1", 80),
        (b"GET http://[::ffff:10.0.0.1]:8080/ HTTP/1.1\r\n\r\n", "::ffff:10.0.0.1", 8080),
        (b"CONNECT 169.254.169.254:443 HTTP/1.1\r\n\r\n", "169.254.169.254", 443),
        (b"CONNECT [::1]:443 HTTP/1.1\r\n\r\n", "::1", 443),
        (b"CONNECT 2130706433:443 HTTP/1.1\r\n\r\n", "2130706433", 443),
        (b"CONNECT metadata.google.internal:80 HTTP/1.1\r\n\r\n", "metadata.google.internal", 80),
        (b"CONNECT shop.test:25 HTTP/1.1\r\n\r\n", "shop.test", 25),
        (b"CONNECT a/b:443 HTTP/1.1\r\n\r\n", "a/b", 443),
    ],
)
def test_what_the_guard_refuses_is_a_403_and_a_refusal(message: bytes, host: str, port: int) -> None:
    async def work() -> None:
        async with proxied() as (proxy, connect):
            status, headers, _ = await ask(connect, message)
            assert (status, headers["proxy-status"]) == (403, "scrapeline; error=destination_ip_prohibited")
            (refusal,) = proxy.refusals(0)
            assert (refusal.host, refusal.port) == (host, port)
            assert proxy.failures(0) == []

    run(work())


def test_a_form_for_a_refused_host_is_answered_whatever_its_size() -> None:
    async def work() -> int:
        async with proxied() as (_, connect):
            reader, writer = await connect()
            writer.write(b"POST http://10.0.0.1/ HTTP/1.1\r\nContent-Length: 8000000\r\n\r\n" + b"x" * 8_000_000)
            status, _, _ = await answer(reader)
            return int(status)

    assert run(work()) == 403


def test_a_name_without_address_and_a_port_where_nobody_listens_are_failures() -> None:
    async def work() -> None:
        async with proxied() as (proxy, connect):
            started = asyncio.get_running_loop().time()
            assert (await ask(connect, get("/", host="gone.example")))[0] == 502
            assert (await ask(connect, b"CONNECT shop.test:443 HTTP/1.1\r\n\r\n"))[0] == 502
            errors = [(one.host, one.error) for one in proxy.failures(started)]
            assert errors == [("gone.example", "dns_error"), ("shop.test", "connection_refused")]
            assert proxy.refusals(0) == []
            assert proxy.failures(asyncio.get_running_loop().time() + 1) == []

    run(work())


def test_what_was_not_reached_is_kept_once_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scrapers.browsing.guard_proxy._MAX_KEPT", 5)

    async def work() -> None:
        async with proxied() as (proxy, connect):
            for number in [*range(8), 5]:
                await ask(connect, f"CONNECT 10.0.0.{number}:443 HTTP/1.1\r\n\r\n".encode())
            assert [one.host[-1] for one in proxy.refusals(0)] == ["3", "4", "6", "7", "5"]


def test_more_connections_than_a_browser_opens_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scrapers.browsing.guard_proxy._MAX_CONNECTIONS", 2)

    async def work() -> None:
        async with listening(echo_heads) as port, proxied(port) as (_, connect):
            first, second = await connect(), await connect()
            for _, writer in (first, second):
                writer.write(get("/"))
            assert [(await answer(reader))[0] for reader, _ in (first, second)] == [200, 200]
            reader, writer = await connect()
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            first[1].close()
            await first[1].wait_closed()
            while True:  # until the proxy has seen it
                with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                    assert (await ask(connect, get("/")))[0] == 200
                    return

    run(work())

    run(work())


def test_the_next_address_is_tried_when_one_is_dead() -> None:
    async def work() -> int:
        async def look_up(host: str, port: int) -> list[str]:
            return ["127.0.0.2", "127.0.0.3", "127.0.0.1"]

        async with listening(echo_heads) as port:
            proxy = GuardProxy(Guard(allow=["127.0.0.0/8"], look_up=look_up))
            reader, writer = await asyncio.open_connection("127.0.0.1", await proxy.start())
            writer.write(get("/", host=f"many.example:{port}"))
            status, _, _ = await answer(reader)
            writer.close()
            proxy.close()
            return int(status)

    assert run(work()) == 200


def test_another_user_of_the_machine_is_shut_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> bytes:
        async with listening(echo_heads) as port, proxied(port) as (_, connect):
            monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
            reader, writer = await connect()
            writer.write(get("/"))
            try:
                return bytes(await reader.read())
            except ConnectionError:
                return b""

    assert run(work()) == b""


def test_a_client_that_leaves_ends_the_server_connection() -> None:
    async def work() -> None:
        asked, left = asyncio.Event(), asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            asked.set()
            await reader.read()
            left.set()

        async with listening(serve) as port, proxied(port) as (_, connect):
            _, writer = await connect()
            writer.write(get("/"))
            await asked.wait()
            writer.close()
            await left.wait()

    run(work())


def test_close_in_the_middle_of_traffic_ends_everything() -> None:
    async def work() -> None:
        left = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    writer.write(b"x" * 10_000)
                    await writer.drain()
            finally:
                left.set()

        async with listening(serve) as port, proxied(port) as (proxy, connect):
            reader, writer = await connect()
            writer.write(b"CONNECT shop.test:443 HTTP/1.1\r\n\r\n")
            await reader.readexactly(100_000)
            proxy.close()
            proxy.close()
            await left.wait()
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(1_000_000_000)
            with pytest.raises(OSError):
                await connect()

    run(work())


def test_close_while_a_name_is_looked_up_ends_the_wait() -> None:
    async def work() -> None:
        looked_up = asyncio.Event()

        async def never(host: str, port: int) -> list[str]:
            looked_up.set()
            await asyncio.Event().wait()
            return []

        proxy = GuardProxy(Guard(look_up=never))
        reader, writer = await asyncio.open_connection("127.0.0.1", await proxy.start())
        writer.write(get("/", host="slow.example"))
        await looked_up.wait()
        proxy.close()
        with pytest.raises(ConnectionError):
            await reader.read()
        writer.close()

    run(work())


def test_an_idle_connection_is_closed_and_a_busy_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scrapers.browsing.guard_proxy._IDLE_SECS", 0.1)

    async def work() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while not writer.is_closing():
                writer.write(b"x")
                await asyncio.sleep(0.001)

        async with listening(serve) as port, proxied(port) as (_, connect):
            idle, _ = await connect()
            busy, writer = await connect()
            writer.write(b"CONNECT shop.test:443 HTTP/1.1\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                assert await idle.read() == b""
            assert await busy.readexactly(100)

    run(work())
