"""A loopback server that can misbehave in every way."""

import asyncio
import dataclasses
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest


@dataclasses.dataclass
class Hit:
    """One request as the server saw it; `at` in monotonic seconds."""

    at: float
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Handler = Callable[[Hit, asyncio.StreamWriter], Awaitable[object]]


class FaultServer:
    """Answers by path: raw bytes, or a coroutine that writes what it likes. After several answers the last one stays.

    The connection stays open unless the handler closes it.

    Attributes:
      hits: the requests, in order; `connections`: the number of the connection that each came over.
      most_at_once: requests that were being answered at the same time.
    """

    def __init__(self, ssl: Any = None) -> None:
        self.hits: list[Hit] = []
        self.connections: list[int] = []
        self._opened = 0
        self.at_once = self.most_at_once = 0
        self._answers: dict[str, list[bytes | Handler]] = {}
        self._loop = asyncio.new_event_loop()
        self._ssl = ssl
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait(5)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._ssl, limit=1 << 20)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._loop.call_soon(ready.set)
        self._loop.run_forever()

    def close(self) -> None:
        async def end() -> None:
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def on(self, path: str, *answers: bytes | Handler) -> None:
        self._answers[path] = list(answers)

    def on_all(self, *answers: bytes | Handler) -> None:
        """Answers every path alike (`<b>x</b>` when nothing is given) but robots.txt, which is not there."""
        self.on("*", *(answers or [self.page("<b>x</b>")]))
        self.on("/robots.txt", self.page("", 404))

    def paths(self) -> list[str]:
        """What was asked for, in order, without robots.txt."""
        return [hit.path for hit in self.hits if hit.path != "/robots.txt"]

    @staticmethod
    def page(
        body: bytes | str = b"", status: int = 200, kind: str = "text/html; charset=utf-8", **headers: str
    ) -> bytes:
        """A whole answer; header names with `_` for `-`."""
        data = body.encode() if isinstance(body, str) else body
        named = {"Content-Type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
        named.setdefault("Content-Length", str(len(data)))
        lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        return f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode() + data

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection, self._opened = self._opened, self._opened + 1
        try:
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                line, *fields = head.strip().split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                method, path, _ = line.split(" ")
                hit = Hit(time.monotonic(), method, path, headers, body)
                self.hits.append(hit)
                self.connections.append(connection)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                try:
                    await self._answer(hit, writer)
                finally:
                    self.at_once -= 1
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, hit: Hit, writer: asyncio.StreamWriter) -> None:
        answers = self._answers.get(hit.path) or self._answers.get("*") or [self.page("nothing here", 404)]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, bytes):
            writer.write(answer)
        else:
            await answer(hit, writer)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A FaultServer."""
    running = FaultServer()
    yield running
    running.close()


@pytest.fixture
def other_server() -> Iterator[FaultServer]:
    """Another one."""
    running = FaultServer()
    yield running
    running.close()
