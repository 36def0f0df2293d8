"""Tells living processes from dead ones: who lives holds a lock, which the kernel lets go of however it dies."""

import contextlib
import fcntl
import os
import secrets
from pathlib import Path

__all__ = ["Owner"]


class Owner:
    """This process, in a folder that others look into.

    Args:
      folder: on this machine.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        while True:
            self.name = f"{os.getpid()}-{secrets.token_hex(4)}"
            self._file = os.open(folder / self.name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            if (folder / self.name).exists():  # else another process took it for dead before it was locked
                return
            os.close(self._file)

    def is_dead(self, name: str) -> bool:
        """Whether the process of this name has ended."""
        if name == self.name:
            return False
        try:
            file = os.open(self._folder / name, os.O_RDWR)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(file)
        return True

    def bury_dead(self) -> None:
        """Removes what dead processes left; only once nothing bears their names any more."""
        for path in self._folder.iterdir():
            if self.is_dead(path.name):
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """The process owns nothing any more."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._folder / self.name)
        os.close(self._file)
