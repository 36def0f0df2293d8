"""What ends the processes of a run before their work is done: signals, the death of who started them, a lost worker."""

import contextlib
import logging
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from pipelines.exit_status import DIED, INTERRUPTED
from pipelines.leaving import leave

__all__ = ["end_when_a_worker_dies", "end_with_process", "stop_on_signals", "stop_with_stdin"]

DRAIN_SECS = 45.0
"""Until a run that was asked to stop is ended. Pages in flight have 3 s; the rest is for closing large files."""
LAST_WORDS_SECS = 5.0
"""For Beam to notice by itself that a worker is gone, which gives the better message."""
POLL_SECS = 1.0

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LOG = logging.getLogger(__name__)


def stop_on_signals(stop_file: str) -> None:
    """SIGINT and SIGTERM end the run cleanly: what is in flight ends, the rest is left for `--resume`; twice, at once.

    The signals are blocked but for a thread that waits for them. Worker processes inherit the block, so a Ctrl-C, which
    goes to all processes of a terminal, cannot hit them in the middle of a page.
    """
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    for number in _SIGNALS:
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(tell)
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    _in_background(_wait_for_signals, told, stop_file)


def stop_with_stdin(stop_file: str) -> None:
    """Ends the run cleanly when whoever holds the other end of standard input has died."""
    _in_background(_wait_for_stdin, stop_file)


def end_with_process(pid: int) -> None:
    """Ends this process when that one has ended: nobody is left to take what it does."""
    _in_background(_wait_for_process, pid)


def end_when_a_worker_dies() -> None:
    """Ends this process when one of Beam's worker processes was killed.

    Beam raises when it was waiting for that worker's data, and waits for ever when it was waiting for anything else.
    All that tells then is the exception that ends the thread which waits for the process (Beam 2.77).
    """
    before = threading.excepthook

    def ended(thread: threading.ExceptHookArgs) -> None:
        before(thread)
        if thread.thread is not None and thread.thread.name == "run_worker":
            _in_background(_end_soon)

    threading.excepthook = ended


def _in_background(work: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=work, args=arguments, daemon=True, name=work.__name__).start()


def _wait_for_signals(told: int, stop_file: str) -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    os.read(told, 1)
    _in_background(_end_late)
    _touch(stop_file)
    os.read(told, 1)
    leave(INTERRUPTED)


def _wait_for_stdin(stop_file: str) -> None:
    while os.read(0, 1024):  # not sys.stdin: a thread inside its buffer lets the interpreter die at its end
        pass
    _in_background(_end_late)
    _touch(stop_file)


def _touch(stop_file: str) -> None:
    try:
        Path(stop_file).parent.mkdir(parents=True, exist_ok=True)
        Path(stop_file).touch()
    except OSError as error:
        _LOG.error("cannot say to the workers that they should stop: %s", error)
        leave(INTERRUPTED)


def _end_late() -> None:
    time.sleep(DRAIN_SECS)
    _LOG.error("still not done %.0f s after it was asked to stop: ended", DRAIN_SECS)
    leave(INTERRUPTED)


def _end_soon() -> None:
    time.sleep(LAST_WORDS_SECS)
    _LOG.error("a worker process was killed")
    leave(DIED)


def _wait_for_process(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "pidfd_open"):  # Linux; also tells of one that ended and that nobody has asked after
            select.select([os.pidfd_open(pid)], [], [])
        else:
            while True:
                os.kill(pid, 0)
                time.sleep(POLL_SECS)
    leave(DIED)
