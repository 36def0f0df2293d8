"""Which Chromium is used: found by itself on a server (Debian's package) and on a laptop (Playwright's own)."""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import playwright

from scrapers.browsing.failures import RenderingFailed

__all__ = ["BrowserMissing", "FoundBrowser", "find_browser"]

VARIABLE = "SCRAPELINE_CHROMIUM"
DEBIAN = "/usr/bin/chromium-headless-shell"
INSTALL = (
    "On Debian: apt-get install chromium-headless-shell. Elsewhere: playwright install --only-shell chromium. "
    f"A browser in another place is named by {VARIABLE}=/path/to/chromium."
)
_ON_PATH = ("chromium-headless-shell", "chrome-headless-shell", "chromium", "chromium-browser", "google-chrome")
_VERSION_SECS = 20
# Where Playwright's browsers lie in its folder: newest first, a headless shell before a whole Chromium.
_SHELLS = ("chromium_headless_shell-*/*/chrome-headless-shell", "chromium_headless_shell-*/*/headless_shell")
_WHOLE = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
    "chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium",
)


class BrowserMissing(RenderingFailed):
    """There is no browser on this machine; the text says what to install."""


@dataclasses.dataclass(frozen=True, slots=True)
class FoundBrowser:
    """A browser on this machine.

    Attributes:
      kind: where it comes from, for people.
      is_shell: a headless shell: about 40 % less CPU and 200 MB less than a whole Chromium (new headless mode).
    """

    path: str
    kind: str
    is_shell: bool

    @property
    def version(self) -> str:
        """What it calls itself, `Chromium 156.0.7390.54`; empty when it does not start. Starts it, for that."""
        try:
            done = subprocess.run(
                [self.path, "--version"], capture_output=True, text=True, timeout=_VERSION_SECS, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.strip() if done.returncode == 0 else ""


def find_browser(executable: str = "") -> FoundBrowser:
    """The browser to use: the one that is named, else the first that is found.

    Args:
      executable: path or name of one (`BrowserSettings.executable`); empty: `SCRAPELINE_CHROMIUM`, or search.

    Raises:
      BrowserMissing: there is none, or not where it was said to be.
    """
    for named, by in ((executable, "the browser's settings"), (os.environ.get(VARIABLE, ""), VARIABLE)):
        if named:
            path = shutil.which(os.path.expanduser(named))
            if path is None:
                raise BrowserMissing(f"{by} says {named}, and there is no such program. {INSTALL}")
            return FoundBrowser(path, f"named by {by}", _is_shell(path))
    found = next(_installed(), None)
    if found is None:
        raise BrowserMissing(f"no browser was found. {INSTALL}")
    return found


def _installed() -> Iterator[FoundBrowser]:
    if os.access(DEBIAN, os.X_OK):
        yield FoundBrowser(DEBIAN, "Debian's chromium-headless-shell", True)
    folder = playwright_folder()
    for pattern in (*_SHELLS, *_WHOLE):
        for path in sorted(folder.glob(pattern), key=_revision, reverse=True):
            if os.access(path, os.X_OK):
                yield FoundBrowser(str(path), "Playwright's own", _is_shell(str(path)))
    for name in _ON_PATH:
        on_path = shutil.which(name)
        if on_path is not None:
            yield FoundBrowser(on_path, "found on PATH", _is_shell(on_path))


def playwright_folder() -> Path:
    """Where `playwright install` puts browsers (`PLAYWRIGHT_BROWSERS_PATH`, else the user's cache)."""
    told = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    if told == "0":
        return Path(playwright.__path__[0]) / "driver" / "package" / ".local-browsers"
    if told:
        return Path(told).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ms-playwright"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ms-playwright"


def _revision(path: Path) -> int:
    """Playwright's number of a build, of the folder `chromium_headless_shell-1255`."""
    return max((int(number) for number in re.findall(r"chromium[a-z_]*-(\d+)", str(path))), default=0)


def _is_shell(path: str) -> bool:
    return "headless" in Path(path).name
