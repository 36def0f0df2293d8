"""Starts the process that works on events, and starts it again when it died."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from pipelines import exit_status
from pipelines.noted_signals import noted_signals, pause_unless

__all__ = ["supervise"]

LONGEST_PAUSE_SECS = 60.0
WELL_SECS = 60.0
"""A process that lived so long was well: the pauses begin again with the shortest."""
ENDED = (exit_status.OK, exit_status.FAILED, exit_status.USAGE, exit_status.INTERRUPTED)


def supervise(flags: Sequence[str], say: Callable[[str], None]) -> int:
    """Runs `pipelines.streaming.process` until it ends by itself; SIGINT and SIGTERM have it drain, twice: end at once.

    It ends with this process, however this one dies: its standard input then ends.

    Args:
      say: told of each death, and that it drains.

    Returns:
      Its exit status; 0 after a signal.
    """
    command = [sys.executable, "-m", "pipelines.streaming.process", *flags, "--end_with_stdin"]
    pause = 0.5
    with noted_signals() as signals:
        while True:
            started = time.monotonic()
            with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as process:
                status = _wait(process, signals, say)
            if signals or status in ENDED:
                return exit_status.OK if status == exit_status.OK or signals else status
            pause = 1.0 if time.monotonic() - started > WELL_SECS else min(2 * pause, LONGEST_PAUSE_SECS)
            say(f"the process that works on events died ({_told(status)}); started again in {pause:.0f} s")
            pause_unless(signals, pause)
            if signals:
                return exit_status.OK


def _wait(process: "subprocess.Popen[bytes]", signals: list[int], say: Callable[[str], None]) -> int:
    """Waits for its end, and hands on the signals that come meanwhile."""
    sent = 0
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(0.2)
        while sent < len(signals):
            say("what is in flight ends; once more, and it ends at once" if not sent else "it ends at once")
            process.send_signal(signals[sent])
            sent += 1


def _told(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}, process of {os.getpid()}"
