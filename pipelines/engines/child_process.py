"""Processes of engines: each dies with the process that started it, and is ended with all that it started itself."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

__all__ = ["EngineFailed", "end", "free_ports", "kill", "start", "wait_until"]

END_SECS = 10.0
POLL_SECS = 0.1


class EngineFailed(Exception):
    """A part of an engine did not start, ended by itself, or does not answer."""


def start(
    command: Sequence[str], log: Path | None, environment: Mapping[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """Starts it as the leader of a session of its own, so that a Ctrl-C in the terminal does not reach it.

    On Linux it is killed when the *thread* that called this ends, however the process dies: start from the main thread.

    Args:
      log: takes what it prints, after what is there; None for where this process prints.
      environment: None for that of this process.
    """
    setpriv = shutil.which("setpriv")  # in full: the environment may have another PATH
    tied = [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
    with log.open("ab") if log else contextlib.nullcontext() as said:
        return subprocess.Popen(
            [*tied, *command],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=None if environment is None else dict(environment),
            start_new_session=True,
        )


def end(process: "subprocess.Popen[bytes]") -> None:
    """Asks it to end; after 10 s it and all of its session are killed. Returns when it has ended."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_SECS)
    kill(process)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Kills it and all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(END_SECS)


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that nobody listens on now."""
    with contextlib.ExitStack() as opened:
        sockets = [opened.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def wait_until(holds: Callable[[], bool], secs: float, what: str) -> None:
    """Polls until something is so.

    Raises:
      EngineFailed: it is not so after that many seconds.
    """
    end_at = time.monotonic() + secs
    while not holds():
        if time.monotonic() > end_at:
            raise EngineFailed(f"{what}: not so after {secs:.0f} s")
        time.sleep(POLL_SECS)
