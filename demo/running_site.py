"""The demo site as a process of its own, which ends with this one."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator

from demo.site.server import HOSTS

__all__ = ["resolve_flags", "running_site"]

END_WITHIN_SECS = 5.0


@contextlib.contextmanager
def running_site(port: int = 0, *, redesigned: bool = False) -> Iterator[int]:
    """Starts the site and gives its port; ends that process on every way out.

    Should this process be killed, the pipe between the two closes, and the site ends by itself.
    """
    command = [sys.executable, "-m", "demo.site", str(port), *(["redesigned"] if redesigned else [])]
    site = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert site.stdin is not None
    assert site.stdout is not None
    try:
        taken = site.stdout.readline().strip()
        if not taken:
            raise SystemExit("The demo site did not start; what it said stands above.")
        yield int(taken)
    finally:
        with contextlib.suppress(OSError):
            site.stdin.close()
        try:
            site.wait(END_WITHIN_SECS)
        except subprocess.TimeoutExpired:
            site.kill()
            site.wait()
        site.stdout.close()


def resolve_flags(port: int) -> list[str]:
    """`--resolve` for each host of the site: they exist on this machine only, at this port."""
    return [part for host in HOSTS for part in ("--resolve", f"{host}:80:127.0.0.1:{port}")]
