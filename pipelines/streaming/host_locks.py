"""Which hosts this machine is at work on: each belongs to one event at a time, in whatever process."""

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from schemas.ids import content_id

__all__ = ["EVENT", "HostLocks"]

EVENT = "event "
"""Begins the name of what is no host: other processes are kept from it by the lock of its run."""


class HostLocks:
    """Takes and returns registrable domains, all of an event's or none. For one thread.

    Args:
      folder: on this machine, the same for all processes of a user.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._files: dict[str, int | None] = {}

    def take(self, names: Iterable[str]) -> bool:
        """Whether all of them were free, and are taken now."""
        taken: list[str] = []
        names = list(names)
        if any(name in self._files for name in names):
            return False
        for name in names:
            if not self._lock(name):
                self.give_back(taken)
                return False
            taken.append(name)
        return True

    def _lock(self, name: str) -> bool:
        if name.startswith(EVENT):
            self._files[name] = None
            return True
        file = os.open(self._folder / content_id("host", name), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._files[name] = file
        return True

    def give_back(self, names: Iterable[str]) -> None:
        """They are free again."""
        for name in names:
            file = self._files.pop(name)
            if file is not None:
                os.close(file)
