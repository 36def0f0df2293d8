"""Which hosts this machine is at work on: each belongs to one process at a time, whichever takes it first."""

import contextlib
import fcntl
import os
import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from schemas.ids import content_id

__all__ = ["HostLocks", "hosts_folder", "sweep_host_locks"]

HostKey = tuple[str, int]


def hosts_folder() -> Path:
    """Of this user on this machine."""
    return Path(tempfile.gettempdir()) / f"scrapeline-{os.getuid()}" / "hosts"


class HostLocks:
    """A file for each host; who works there holds a lock on it, which dies with the process. For one thread.

    The file says who had it last and until when its domain was to be left alone, in Unix seconds: the pause that a 429
    or 503 asked for counts for all. It says nothing of the last request: whoever takes a host from another process
    waits one full delay.

    Args:
      folder: on this machine, the same for all processes of a user.
      clock: Unix seconds.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._clock = clock
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._files: dict[HostKey, int] = {}

    def take(self, key: HostKey) -> float | None:
        file = _locked(self._folder / content_id("host", *key))
        if file is None:
            return None
        self._files[key] = file
        name, paused_secs = _read(file, self._clock())
        self._write(file, 0.0)
        return -1.0 if name == self._name else paused_secs

    def give_back(self, key: HostKey, paused_secs: float) -> None:
        file = self._files.pop(key)
        self._write(file, paused_secs)
        os.close(file)

    def _write(self, file: int, paused_secs: float) -> None:
        with contextlib.suppress(OSError):  # a full disk: the lock holds all the same
            os.ftruncate(file, 0)
            os.pwrite(file, f"{self._name} {self._clock():.3f} {paused_secs:.3f}".encode(), 0)


def sweep_host_locks(folder: Path, older_than_secs: float, now: float) -> int:
    """Removes the files of hosts where nobody was for so long; gives how many.

    Args:
      now: Unix seconds.
    """
    count = 0
    for path in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):
            if now - path.stat().st_mtime <= older_than_secs or (file := _locked(path)) is None:
                continue
            path.unlink()
            os.close(file)
            count += 1
    return count


def _locked(path: Path) -> int | None:
    """The file, with this process's lock on it; None when another has it."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        if os.fstat(file).st_nlink:  # else it was swept away before it was locked
            return file
        os.close(file)


def _read(file: int, now: float) -> tuple[str, float]:
    """Who had the host last, and for how many seconds from now its domain is to be left alone; 0 after a crash.

    However the clock was set since, that is never longer than it was then.
    """
    try:
        name, at, paused_secs = os.pread(file, 200, 0).decode().split()
        since = max(0.0, now - float(at))
        return name, max(0.0, float(paused_secs) - since)
    except (OSError, ValueError):
        return "", 0.0
