"""The shop in a process of its own."""

import json
import subprocess
import sys
import urllib.request
from types import TracebackType
from typing import Any, Self

__all__ = ["ShopProcess"]


class ShopProcess:
    """Starts the shop; it is ready when the constructor returns.

    Args:
      pages: rendered before the start.
    """

    def __init__(self, pages: int) -> None:
        command = [sys.executable, "-m", "benchmarks.shop_server", str(pages)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        _, _, port = self._process.stdout.readline().strip().partition(" ")
        if not port:
            raise RuntimeError("the shop did not start")
        self.port = int(port)

    @property
    def pid(self) -> int:
        """Of the shop, which is no contestant."""
        return self._process.pid

    @property
    def base(self) -> str:
        """The shop's address for contestants that need no name."""
        return f"http://127.0.0.1:{self.port}"

    def stats(self, *, reset: bool = False) -> dict[str, Any]:
        """What it has cost and been asked since the last reset."""
        path = "/stats/reset" if reset else "/stats"
        with urllib.request.urlopen(self.base + path, timeout=30) as answer:  # noqa: S310  our own process
            stats: dict[str, Any] = json.load(answer)
        return stats

    def pages_asked(self) -> int:
        """Pages asked for since the last reset."""
        return int(self.stats()["requests"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()
