"""A folder of event files: the queue of those who have no Pub/Sub. Several processes may work on one.

    new/NAME              waits; NAME~c1 was being worked on by one process that died
    claimed/NAME~c0~WHO   belongs to a living process; with ~begun at the end it is being worked on
    done/NAME, failed/NAME, outbox/NAME

A file goes from folder to folder by renaming, so that it is in one of them, whole, whatever dies. Write an event
elsewhere on the same disk (tmp/) and rename it into new/: whoever writes there would be read half-way.
"""

import contextlib
import os
import re
import secrets
from collections import deque
from pathlib import Path

from pipelines.streaming.inbox import InboxLost, Taken
from pipelines.streaming.owner import Owner
from schemas.events.event import Event
from schemas.events.messages import structured

__all__ = ["Spool", "SpoolOutbox", "make_spool", "put_bytes", "put_event"]

_FOLDERS = ("new", "claimed", "done", "failed", "outbox", "tmp")
_NEW = re.compile(r"(?P<name>.+?)(?:~c(?P<crashes>\d+))?", re.DOTALL)
_CLAIMED = re.compile(r"(?P<name>.+)~c(?P<crashes>\d+)~(?P<owner>[0-9a-f-]+)(?P<begun>~begun)?", re.DOTALL)


def make_spool(folder: Path) -> None:
    """Makes the folders that are missing. Raises OSError."""
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)


def put_event(folder: Path, event: Event) -> Path:
    """Puts an event into the folder `new` of a spool. Raises OSError."""
    make_spool(folder)
    return _put(folder, "new", f"{event.time:017.6f}-{event.key}.json", structured(event))


def put_bytes(folder: Path, name: str, data: bytes) -> Path:
    """Puts what may be no event into the folder `new`, under a name that begins so. Raises OSError."""
    make_spool(folder)
    return _put(folder, "new", f"{name}.json", data)


def _put(folder: Path, place: str, name: str, data: bytes) -> Path:
    temporary = folder / "tmp" / f"{name}.{secrets.token_hex(4)}"
    temporary.write_bytes(data)
    final = folder / place / name
    os.replace(temporary, final)
    return final


class SpoolOutbox:
    """Completion events as files of `outbox`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def publish(self, event: Event) -> None:
        """Writes the event's file; again, the same one."""
        _put(self._folder, "outbox", f"{event.key}.json", structured(event))


def _files(folder: Path) -> list[str]:
    """Names of what may be events: no folder, no pipe, which would be read for ever, and no link to another file."""
    with os.scandir(folder) as entries:
        return [one.name for one in entries if one.name[0] != "." and one.is_file(follow_symlinks=False)]


class Spool:
    """Takes events from a spool folder (`Inbox`).

    Raises:
      OSError: the folder cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        make_spool(folder)
        self._folder = folder
        self._owner = Owner(folder / "owners")
        self._listed: deque[str] = deque()
        self._claims: set[Taken] = set()
        self._take_back()
        self._owner.bury_dead()

    def take(self, most: int) -> list[Taken]:
        """The oldest files, by name; those of dead processes are taken back first."""
        taken: list[Taken] = []
        try:
            if not self._listed:
                self._take_back()
                self._listed.extend(sorted(_files(self._folder / "new")))
            while self._listed and len(taken) < most:
                if (one := self._claim(self._listed.popleft())) is not None:
                    taken.append(one)
        except OSError as error:
            self._claims.update(taken)
            raise InboxLost(f"{self._folder}: {error.strerror or error}") from error
        self._claims.update(taken)
        return taken

    def _claim(self, listed: str) -> Taken | None:
        found = _NEW.fullmatch(listed)
        assert found is not None
        crashes = int(found["crashes"] or 0)
        claimed = self._folder / "claimed" / f"{found['name']}~c{crashes}~{self._owner.name}"
        try:
            os.rename(self._folder / "new" / listed, claimed)
        except FileNotFoundError:  # another process was first
            return None
        data = claimed.read_bytes()
        return Taken(data, {}, found["name"], claimed.stat().st_mtime, crashes, claimed)

    def _take_back(self) -> None:
        names = [found for name in os.listdir(self._folder / "claimed") if (found := _CLAIMED.fullmatch(name))]
        dead = {owner for owner in {found["owner"] for found in names} if self._owner.is_dead(owner)}
        for found in names:
            if found["owner"] in dead:
                crashes = int(found["crashes"]) + bool(found["begun"])
                back = self._folder / "new" / f"{found['name']}{f'~c{crashes}' if crashes else ''}"
                with contextlib.suppress(FileNotFoundError):  # another process was first
                    os.rename(self._folder / "claimed" / found[0], back)

    def begin(self, taken: Taken) -> None:
        self._move(taken, "claimed", f"{taken.handle.name.removesuffix('~begun')}~begun")

    def done(self, *taken: Taken) -> None:
        for one in taken:
            self._end(one, "done")

    def failed(self, taken: Taken) -> None:
        self._end(taken, "failed")

    def _end(self, taken: Taken, place: str) -> None:
        self._move(taken, place, taken.message_id)
        self._claims.discard(taken)

    def give_back(self, taken: Taken) -> None:
        self._move(taken, "new", f"{taken.message_id}{f'~c{taken.crashes}' if taken.crashes else ''}")
        self._claims.discard(taken)

    def _move(self, taken: Taken, place: str, name: str) -> None:
        target = self._folder / place / name
        os.rename(taken.handle, target)
        taken.handle = target

    def close(self) -> None:
        for taken in list(self._claims):
            with contextlib.suppress(OSError):
                self.give_back(taken)
        self._owner.close()
