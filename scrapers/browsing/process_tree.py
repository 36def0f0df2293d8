"""Chromium's processes: which they are, how much memory they have, and their end."""

import contextlib
import dataclasses
import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

__all__ = [
    "ProcessTree",
    "end",
    "find_tree",
    "is_alive",
    "is_browser",
    "is_chromiums_child",
    "session_of",
    "too_large",
    "tree_bytes",
    "with_descendants",
]


@dataclasses.dataclass(frozen=True, slots=True)
class ProcessTree:
    """The processes of one Chromium.

    Attributes:
      node: Playwright's driver, a child of ours.
      root: what the driver started: Chromium, or the script around it; the first of a session of its own, which all of
        Chromium's processes belong to, whoever their parent is by now.
      browser: Chromium's first process.
    """

    node: psutil.Process
    root: psutil.Process
    browser: psutil.Process

    def pids(self) -> list[int]:
        """Of those that live, the driver first."""
        node = [self.node.pid] if is_alive(self.node) else []
        return node + session_of(self.root.pid)

    def profile(self) -> str:
        """The folder of Chromium's profile, which the driver chose."""
        words = self.root.cmdline()
        return next((word.split("=", 1)[1] for word in words if word.startswith("--user-data-dir=")), "")


def find_tree(node: psutil.Process, mark: str) -> ProcessTree | None:
    """Chromium's processes under a driver: those with `mark` in their command line."""
    with contextlib.suppress(psutil.Error):
        found = [process for process in node.children(recursive=True) if is_browser(process, mark)]
        if found:
            return ProcessTree(node, found[0], found[-1])
    return None


def is_browser(process: psutil.Process, mark: str) -> bool:
    """Whether it is a Chromium's first process, or the script that started it, with `mark` in its command line."""
    with contextlib.suppress(psutil.Error):
        words = process.cmdline()
        return any(mark in word for word in words) and not any(word.startswith("--type=") for word in words)
    return False


def is_alive(process: psutil.Process) -> bool:
    """Whether it still runs (a process that took its number does not count, nor one that only waits to be reaped)."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def with_descendants(process: psutil.Process) -> list[int]:
    """The process and all that it started, as far as their parents live."""
    with contextlib.suppress(psutil.Error):
        if process.is_running():
            return [process.pid, *(child.pid for child in process.children(recursive=True))]
    return []


def session_of(leader: int) -> list[int]:
    """Living processes of the session that a process began."""
    found = []
    for pid in psutil.pids():
        with contextlib.suppress(OSError, psutil.Error):
            if os.getsid(pid) == leader and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                found.append(pid)
    return found


def end(pids: Iterable[int]) -> None:
    """SIGKILL to each: it ends frozen processes, too."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def tree_bytes(pids: Iterable[int]) -> int:
    """Memory that processes have together, in bytes, what they share counted once."""
    own, shared = 0, 0
    for own_bytes, shared_bytes in _sizes(pids):
        own += own_bytes
        shared = max(shared, shared_bytes)
    return own + shared


def too_large(pids: Iterable[int], limit_bytes: int) -> list[int]:
    """Renderers among the processes that have more memory of their own than the limit."""
    large = [pid for pid in pids if next(_sizes([pid]), (0, 0))[0] > limit_bytes]
    return [pid for pid in large if is_chromiums_child(pid, "--type=renderer")]


def _sizes(pids: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Bytes of each process: its own, and those it shares (files, shared memory)."""
    for pid in pids:
        with contextlib.suppress(OSError, psutil.Error):
            yield _size(pid)


def _size(pid: int) -> tuple[int, int]:
    statm = Path(f"/proc/{pid}/statm")
    if statm.exists():
        page = os.sysconf("SC_PAGE_SIZE")
        resident, shared = map(int, statm.read_text().split()[1:3])
        return (resident - shared) * page, shared * page
    return psutil.Process(pid).memory_info().rss, 0


def is_chromiums_child(pid: int, kind: str = "--type=") -> bool:
    """Whether it is a process that Chromium started, of a kind."""
    with contextlib.suppress(psutil.Error):
        return kind in " ".join(psutil.Process(pid).cmdline())
    return False
