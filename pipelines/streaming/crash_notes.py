"""Counts the processes that died while they worked on an event, for a transport that counts nothing itself."""

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

    def crashes(self, name: str) -> int:
        """How many processes died while they worked on it."""
        try:
            count, owner = self._path(name).read_text().split()
        except (FileNotFoundError, ValueError):
            return 0
        return int(count) + (owner != "-" and self._owner.is_dead(owner))

    def begin(self, name: str, crashes: int) -> None:
        """This process works on it now."""
        self._path(name).write_text(f"{crashes} {self._owner.name}")

    def leave(self, name: str, crashes: int) -> None:
        """Nobody does."""
        if crashes:
            self._path(name).write_text(f"{crashes} -")
        else:
            self.end(name)

    def end(self, name: str) -> None:
        """It never comes again."""
        self._path(name).unlink(missing_ok=True)

    def close(self) -> None:
        """The process works on nothing any more."""
        self._owner.close()

    def _path(self, name: str) -> Path:
        return self._folder / content_id("note", name)
