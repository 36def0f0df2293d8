"""The end of a process is told, once, whichever way it is watched."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from scrapers.browsing.death_watch import watch_end


@pytest.fixture(params=["by descriptor", "by asking"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "by asking":
        monkeypatch.delattr(os, "pidfd_open", raising=False)


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(["sleep", "600"])
    yield child
    child.kill()
    child.wait(60)


@pytest.mark.usefixtures("way")
def test_the_end_is_told_once(run: Any, child: subprocess.Popen[bytes]):
    async def watch() -> int:
        told: asyncio.Queue[str] = asyncio.Queue()
        stop = watch_end(psutil.Process(child.pid), lambda: told.put_nowait("ended"))
        await asyncio.sleep(0)
        assert told.empty()
        child.kill()
        assert await told.get() == "ended"
        stop()
        stop()
        return told.qsize()

    assert run(watch()) == 0


@pytest.mark.usefixtures("way")
def test_watching_can_be_ended_before(run: Any, child: subprocess.Popen[bytes]):
    async def watch() -> int:
        told: asyncio.Queue[str] = asyncio.Queue()
        watched: asyncio.Queue[str] = asyncio.Queue()
        process = psutil.Process(child.pid)
        stop = watch_end(process, lambda: told.put_nowait("ended"))
        watch_end(process, lambda: watched.put_nowait("ended"))
        stop()
        child.kill()
        await watched.get()
        return told.qsize()

    assert run(watch()) == 0
