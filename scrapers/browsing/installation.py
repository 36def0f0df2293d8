"""`python -m scrapers.browsing.installation`: sees to it that there is a browser, for `make demo` and `make test`.

Silent when there is one. Else Debian's package by apt-get, where that needs no password; else Playwright's own headless
shell, in the user's cache. Exit status 1 and a line that says what to do when neither can be had.
"""

import os
import shutil
import subprocess
import sys

from scrapers.browsing.executable import VARIABLE, BrowserMissing, find_browser

__all__ = ["PACKAGES", "main"]

# libatomic1: Playwright's driver (node) needs it. Without fonts text has no width, and screenshots have no letters.
PACKAGES = ("chromium-headless-shell", "fonts-liberation", "libatomic1")
_APT = ("apt-get", "--quiet=2", "-o", "Acquire::Retries=2", "-o", "Dpkg::Use-Pty=0")
_SECS = 900


def main() -> int:
    """Returns the exit status: 0 when there is a browser now."""
    missing = _missing()
    # One that is named and not there is a mistake to be mended.
    ways = _ways() if missing and not os.environ.get(VARIABLE) else []
    while missing and ways:
        what, commands = ways.pop(0)
        print(f"No browser found. Installing {what} (once) ...", flush=True)
        if all(map(_succeeds, commands)):
            missing = _missing()
    if missing:
        print(f"Browser: {missing}\nUntil then, what needs a browser is left out.", file=sys.stderr, flush=True)
    return 1 if missing else 0


def _missing() -> str:
    """What `find_browser` says when there is none; empty when there is one."""
    try:
        find_browser()
    except BrowserMissing as missing:
        return str(missing)
    return ""


def _ways() -> list[tuple[str, list[list[str]]]]:
    """Ways to install one, each as what it is and the commands."""
    ways = []
    as_root = _as_root()
    if shutil.which("apt-get") and as_root is not None:
        apt = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", *_APT]
        install = [*apt, "install", "--yes", "--no-install-recommends", *PACKAGES]
        said = f"{', '.join(PACKAGES)} by {' '.join([*as_root, 'apt-get'])}"
        ways.append((said, [[*apt, "update"], install]))
    playwright = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
    ways.append(("Playwright's headless shell in your cache", [playwright]))
    return ways


def _as_root() -> list[str] | None:
    """What a command of root's begins with; None when it would need a password."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and _succeeds(["sudo", "-n", "true"], quiet=True):
        return ["sudo", "-n"]
    return None


def _succeeds(command: list[str], *, quiet: bool = False) -> bool:
    output = subprocess.DEVNULL if quiet else None
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=_SECS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
