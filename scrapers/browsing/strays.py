"""What Chromiums of dead processes left behind: noted while they run, ended and removed by the next process.

Each Chromium has a folder in one folder of this user's, with a lock that its owner holds for as long as it lives: the
kernel lets go of it however the owner dies. A driver and a browser usually end with their owner, since their pipes
close; frozen ones do not.
"""

import contextlib
import fcntl
import json
import logging
import os
import shutil
import stat
import tempfile
import threading
from pathlib import Path
from typing import Any

import psutil

from scrapers.browsing import process_tree
from scrapers.browsing.process_tree import end, is_alive, is_browser, session_of

__all__ = ["Note", "reap", "reap_once"]

logger = logging.getLogger(__name__)
_LOCK, _NOTE = "owner.lock", "processes.json"
_NEW = ".new-"
_SAME_START_SECS = 2.0  # the clock that start times are computed with may be corrected in between
_reaped: set[str] = set()
_reaping = threading.Lock()


class Note:
    """The folder and the note of one running Chromium; its owner's lock is held from here to `remove`.

    Attributes:
      folder: for Chromium's temporary files; it stands in Chromium's command line.
    """

    def __init__(self) -> None:
        made = Path(tempfile.mkdtemp(prefix=_NEW, dir=notes_folder()))
        self._lock = os.open(made / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.folder = made.with_name(made.name.removeprefix(_NEW))
        made.rename(self.folder)  # only now another process may look at it: its lock is held
        self._profile = ""

    def write(self, *, node: psutil.Process, browser: psutil.Process | None = None, profile: str = "") -> None:
        """Notes what runs.

        Args:
          node: the driver.
          browser: the first process of Chromium's session.
          profile: its profile's folder, which the driver chose.
        """
        self._profile = profile
        note = {"node": _named(node), "browser": _named(browser), "profile": profile}
        (self.folder / _NOTE).write_text(json.dumps(note))

    def remove(self) -> None:
        """Removes both folders and gives up the lock; again is no error."""
        if self._lock >= 0:
            _remove(self.folder, self._profile)
            os.close(self._lock)
            self._lock = -1


def notes_folder() -> Path:
    """One folder a user, where nobody else can write."""
    folder = Path(tempfile.gettempdir(), f"scrapeline-{os.getuid()}", "browsers")
    for path in (folder.parent, folder):
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
            raise PermissionError(f"{path} can be written to by others; remove it, or set TMPDIR to another folder")
    return folder


def reap_once() -> None:
    """`reap`, the first time that a process asks."""
    with _reaping:
        folder = str(notes_folder())
        if folder not in _reaped:
            _reaped.add(folder)
            reap()


def reap() -> int:
    """Ends the processes and removes the folders of Chromiums whose owner has died.

    Returns:
      How many Chromiums there were.
    """
    count = 0
    for folder in notes_folder().iterdir():
        with contextlib.suppress(OSError):
            if not folder.name.startswith(_NEW) and _reap_folder(folder):
                count += 1
    return count


def _reap_folder(folder: Path) -> bool:
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False  # its owner lives
    else:
        note = _read(folder)
        pids = _processes(str(folder), note)
        if pids:
            logger.warning("ending %d browser processes that an earlier run left behind", len(pids))
        end(pids)
        _remove(folder, str(note.get("profile", "")))
        return True
    finally:
        os.close(lock)


def _read(folder: Path) -> dict[str, Any]:
    try:
        note = json.loads((folder / _NOTE).read_text())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _processes(folder: str, note: dict[str, Any]) -> list[int]:
    """Living processes of a dead owner's Chromium, by their command lines, so that no other has to fear for itself."""
    driver = _noted(note, "node")
    pids = process_tree.with_descendants(driver) if driver is not None else []
    for process in psutil.process_iter():
        if is_browser(process, folder):
            pids += process_tree.with_descendants(process)
    leader = note.get("browser")
    if isinstance(leader, list):  # its renderers may outlive it, when they are frozen
        pids += [pid for pid in session_of(int(leader[0])) if process_tree.is_chromiums_child(pid)]
    return list(dict.fromkeys(pids))


def _named(process: psutil.Process | None) -> list[float] | None:
    return None if process is None else [process.pid, process.create_time()]


def _noted(note: dict[str, Any], name: str) -> psutil.Process | None:
    """The process of a note, when it is still the same."""
    with contextlib.suppress(KeyError, ValueError, TypeError, psutil.Error):
        pid, started = note[name]
        process = psutil.Process(int(pid))
        if is_alive(process) and abs(process.create_time() - started) < _SAME_START_SECS:
            return process
    return None


def _remove(folder: Path, profile: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if Path(profile).name.startswith("playwright_"):
        shutil.rmtree(profile, ignore_errors=True)
