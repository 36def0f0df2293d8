"""What keeps an output from being changed: a legal hold, and runs that are still going on."""

import fcntl

from transforms import filesystem

__all__ = ["HOLD_FILE", "Held", "check_free"]

HOLD_FILE = "legal-hold"
"""In the output folder. While it is there nothing is removed; what it says is told to who tries."""


class Held(Exception):
    """Nothing may be removed now; the text says why."""


def check_free(folder: str) -> None:
    """
    Args:
      folder: of the output, or the one beside a warehouse.

    Raises:
      Held
    """
    path = f"{folder}/{HOLD_FILE}"
    if filesystem.exists(path):
        with filesystem.open_to_read(path) as file:
            reason = file.read(500).decode("utf-8", "replace").strip()
        raise Held(f"{path}: a legal hold ({reason or 'no reason given'}); nothing is removed while that file is there")
    if filesystem.is_local(folder):
        for lock in filesystem.match(f"{folder}/.scrapeline/runs", "*/lock"):
            _check_idle(lock)


def _check_idle(lock: str) -> None:
    with open(lock, "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            run = lock.split("/")[-2]
            raise Held(f"run {run} is still going on, and what it finds would be missed: wait for its end") from None
