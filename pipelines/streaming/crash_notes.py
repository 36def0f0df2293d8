"""Counts the processes that died while they worked on an event, for a transport that counts nothing itself."""

import contextlib
import os
from pathlib import Path

from pipelines.streaming.owner import Owner
from schemas.ids import content_id

__all__ = ["CrashNotes"]


class CrashNotes:
    """A small file for each event at work: how many processes have died over it, and who has it now.

    Args:
      folder: of this machine; another machine counts for itself.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "events"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._owner = Owner(folder / "owners")
        self._first = self._folder / f"first-{self._owner.name}"
        self._first.write_text(f"0 {self._owner.name}")

    def crashes(self, name: str) -> int:
        """How many processes died while they worked on it."""
        try:
            count, owner = self._path(name).read_text().split()
        except (FileNotFoundError, ValueError):
            return 0
        return int(count) + (owner != "-" and self._owner.is_dead(owner))

    def begin(self, name: str, crashes: int) -> None:
        """This process works on it now."""
        path = self._path(name)
        if not crashes:
            with contextlib.suppress(OSError):  # one of the same name, or as many links as a file may have
                os.link(self._first, path)  # a new name costs a thirtieth of a new file
                return
        self._write(path, f"{crashes} {self._owner.name}")

    def leave(self, name: str, crashes: int) -> None:
        """Nobody does."""
        if crashes:
            self._write(self._path(name), f"{crashes} -")
        else:
            self.end(name)

    def end(self, name: str) -> None:
        """It never comes again."""
        self._path(name).unlink(missing_ok=True)

    def close(self) -> None:
        """The process works on nothing any more."""
        self._first.unlink(missing_ok=True)
        self._owner.close()

    def _write(self, path: Path, text: str) -> None:
        """In a file of its own: what is there may be a name of one that others share."""
        path.unlink(missing_ok=True)
        path.write_text(text)

    def _path(self, name: str) -> Path:
        return self._folder / content_id("note", name)
