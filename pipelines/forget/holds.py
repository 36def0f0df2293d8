"""What keeps an output from being changed: a legal hold, and runs that are still going on."""

import fcntl
import glob
import os

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
        for run in glob.glob(f"{glob.escape(folder)}/.scrapeline/runs/*"):
            _check_idle(run, run)  # as runs of events are locked
            _check_idle(run, f"{run}/lock")


def _check_idle(run: str, locked: str) -> None:
    try:
        lock = os.open(locked, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        told = f"run {os.path.basename(run)} is still going on, and what it finds would be missed: wait for its end"
        raise Held(told) from None
    finally:
        os.close(lock)
