"""How this process ends itself at once: not before those who must know have heard that it is no crash."""

import atexit
import contextlib
import os
import sys
from collections.abc import Callable
from typing import NoReturn

__all__ = ["leave", "leave_in_order", "when_left"]

_told: list[Callable[[], None]] = []


def when_left(tell: Callable[[], None]) -> None:
    """Has this called before the process ends itself; it must be quick, and may be called from any thread."""
    _told.append(tell)


def leave(status: int) -> NoReturn:
    """Ends the process now, with whatever its threads are doing."""
    for tell in _told:
        with contextlib.suppress(Exception):
            tell()
    os._exit(status)


def leave_in_order(status: int) -> NoReturn:
    """Ends the process when its work is done: what is to be closed is closed, and what was said is out.

    The interpreter is not taken apart: native threads (Arrow's, gRPC's) that still come back to it then crash in
    PyThreadState_New, one process in fifty, and what went well would end with SIGABRT.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # whoever read it is gone
            stream.flush()
    leave(status)
