"""Which requests a process is at work on, noted outside of it: what was noted when it died may have killed it.

The engine cannot count that: its state goes back with the bundle that died.
"""

import contextlib
import fcntl
import os
import secrets
from pathlib import Path
from typing import Protocol

__all__ = ["AttemptNotes", "FileNotes", "NoNotes", "open_notes", "sweep_notes"]

SLOTS = 4096  # requests at work at once; one more is not noted
_ID_BYTES = 24
_EMPTY = bytes(_ID_BYTES)


class AttemptNotes(Protocol):
    """Notes of a process; its methods are for the loop."""

    @property
    def crashes(self) -> dict[str, int]:
        """How many processes had begun a request and died before they ended it; by its id, when it is not 0."""

    def refresh(self) -> bool:
        """Reads what processes left that have died since; whether there was anything. Many calls cost little."""

    def begin(self, request_id: str) -> None:
        """Work on it begins. Again is no error."""

    def end(self, request_id: str) -> None:
        """It no longer does anything. Without a beginning is no error."""

    def acquit(self, request_id: str) -> None:
        """It went through, so that it was not what the processes died of: their notes forget it."""

    def close(self) -> None:
        """The process ends on purpose, and none of its requests is to blame; from any thread."""


class NoNotes:
    """Nothing is noted: in tests, for one page, and where there is no place for it."""

    @property
    def crashes(self) -> dict[str, int]:
        return {}

    def refresh(self) -> bool:
        """Nothing."""
        return False

    def begin(self, request_id: str) -> None:
        """Nothing."""

    def end(self, request_id: str) -> None:
        """Nothing."""

    def acquit(self, request_id: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class FileNotes:
    """Notes in a file of this process, a slot for each request at work: written over in place, so it does not grow.

    What a killed process has written stays, for the operating system has it; after a power cut it may be old. Who lives
    holds a lock on its file; the kernel lets go of it however the process dies.

    Args:
      folder: of this machine, for all processes of a run; the notes of each dead one are read once: now, or when it
        is asked for (`refresh`) after its death.

    Raises:
      OSError: the folder cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._left: dict[str, list[tuple[Path, int]]] = {}
        self._read: set[str] = set()
        self.refresh()
        self._path = folder / f"{os.getpid()}-{secrets.token_hex(4)}.notes"
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        with contextlib.suppress(OSError):  # where the disk fills up later, there is room already
            os.posix_fallocate(self._file, 0, SLOTS * _ID_BYTES)
        self._read.add(self._path.name)
        self._slots: dict[str, int] = {}
        self._free = list(range(SLOTS - 1, -1, -1))
        self._closed = False

    @property
    def crashes(self) -> dict[str, int]:
        return {request_id: len(places) for request_id, places in self._left.items()}

    def refresh(self) -> bool:
        before = len(self._read)
        for path in self._folder.glob("*.notes"):
            if path.name in self._read or (left := _left_in(path)) is None:
                continue
            self._read.add(path.name)
            for place, request_id in left:
                self._left.setdefault(request_id, []).append((path, place))
        return len(self._read) > before

    def begin(self, request_id: str) -> None:
        if self._closed or not self._free or request_id in self._slots:
            return
        slot = self._slots[request_id] = self._free.pop()
        self._write(slot, request_id.encode()[:_ID_BYTES])

    def end(self, request_id: str) -> None:
        slot = self._slots.pop(request_id, None)
        if slot is not None:
            self._write(slot, _EMPTY)
            self._free.append(slot)

    def acquit(self, request_id: str) -> None:
        for path, place in self._left.pop(request_id, ()):
            with contextlib.suppress(OSError), path.open("r+b") as file:
                os.pwrite(file.fileno(), _EMPTY, place)

    def _write(self, slot: int, data: bytes) -> None:
        if not self._closed:
            try:
                os.pwrite(self._file, data, slot * _ID_BYTES)
            except OSError:  # a full disk: the run has worse to tell of
                self._closed = True

    def close(self) -> None:
        self._closed = True  # the file stays open: another thread may be about to write
        with contextlib.suppress(OSError):
            os.unlink(self._path)


def open_notes(folder: Path) -> AttemptNotes:
    """Notes in this folder; none when it cannot be used."""
    try:
        return FileNotes(folder)
    except OSError:
        return NoNotes()


def sweep_notes(folder: Path, before: float) -> int:
    """Removes the notes of dead processes that have not been written to since a moment (Unix seconds); how many."""
    count = 0
    for path in folder.glob("*.notes"):
        with contextlib.suppress(OSError), path.open("rb") as file:
            if os.fstat(file.fileno()).st_mtime < before:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                path.unlink()
                count += 1
    return count


def _left_in(path: Path) -> list[tuple[int, str]] | None:
    """The requests that a dead process was at work on, and where they stand in its file; None for one that lives."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            data = file.read()
    except OSError:
        return None
    if not data:  # perhaps just born, and about to lock it
        return None
    slots = ((place, data[place : place + _ID_BYTES].strip(b"\0")) for place in range(0, len(data), _ID_BYTES))
    return [(place, request_id.decode("ascii", "replace")) for place, request_id in slots if request_id]
