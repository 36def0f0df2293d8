"""A forward proxy on loopback that records what goes through it."""

import asyncio
import base64
import contextlib
import threading
from collections.abc import Iterator


class ForwardProxy:
    """Leads every destination to one port of loopback.

    Args:
      port: where everything goes.
      credentials: `user:password` that it wants; it answers 407 without.
      status: what it answers everything with; 0 for doing its work.

    Attributes:
      asked: the first lines of the requests; over a tunnel only that of CONNECT.
    """

    def __init__(self, port: int, credentials: str = "", status: int = 0) -> None:
        self.asked: list[str] = []
        self.status = status
        self._to_port = port
        self._wanted = f"Basic {base64.b64encode(credentials.encode()).decode()}" if credentials else ""
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait(30)

    @property
    def tunnels(self) -> list[str]:
        """Destinations of tunnels."""
        return [line.split(" ")[1] for line in self.asked if line.startswith("CONNECT ")]

    @property
    def urls(self) -> list[str]:
        """What was asked for in absolute form, without robots.txt."""
        asked = [line.split(" ")[1] for line in self.asked if not line.startswith("CONNECT ")]
        return [url for url in asked if not url.endswith("/robots.txt")]

    def close(self) -> None:
        async def end() -> None:
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._loop.call_soon(ready.set)
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._request(reader, writer):
                pass
        writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").strip().split("\r\n")
        named = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        self.asked.append(line)
        status = self.status or (407 if named.get("proxy-authorization", "") != self._wanted else 0)
        if status:
            writer.write(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())
            return True
        there, server = await asyncio.open_connection("127.0.0.1", self._to_port)
        try:
            if line.startswith("CONNECT "):
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await asyncio.gather(_copy(reader, server), _copy(there, writer))
                return False
            method, url, version = line.split(" ")
            kept = [field for field in fields if not field.lower().startswith("proxy-")]
            sent = "\r\n".join([f"{method} /{url.split('/', 3)[3]} {version}", *kept])
            body = await reader.readexactly(int(named.get("content-length", 0)))
            server.write(sent.encode("latin-1") + b"\r\n\r\n" + body)
            writer.write(await _answer(there))
        finally:
            server.close()
        return True


async def _answer(reader: asyncio.StreamReader) -> bytes:
    """One answer with a Content-Length."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    return head + await reader.readexactly(length)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


@contextlib.contextmanager
def forwarding(port: int, credentials: str = "", status: int = 0) -> Iterator[ForwardProxy]:
    """A ForwardProxy for as long as the block runs."""
    proxy = ForwardProxy(port, credentials, status)
    try:
        yield proxy
    finally:
        proxy.close()
