"""Checks of this machine for `scrapeline doctor`: each says what it found, and what to do when it is not good."""

import dataclasses
import importlib.metadata
import locale
import os
import re
import resource
import shutil
import sys
import tempfile
import time
import zoneinfo
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement

__all__ = ["MACHINE_CHECKS", "Finding", "State", "check_output"]

State = Literal["ok", "warn", "fail"]
LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"
_OLDEST = (3, 11)
_PINNED = re.compile(r"^[A-Za-z0-9._-]+(?:\[[^]]*\])?==[^\\\n]+", re.MULTILINE)
_MIN_FREE_BYTES, _GOOD_FREE_BYTES = 200_000_000, 2_000_000_000
_MIN_OPEN_FILES = 1024
_BUILT_AT = 1_760_000_000  # Unix seconds, October 2025: no clock that is right shows less


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
      remedy: what to do; empty when it is ok.
    """

    state: State
    name: str
    message: str
    remedy: str = ""


def check_python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < _OLDEST:
        return Finding(
            "fail", "python", version, "install Python 3.11 or newer and make the environment again: make install"
        )
    return Finding("ok", "python", f"{version} in {sys.prefix}")


def check_dependencies() -> Finding:
    if not LOCK.is_file():
        return Finding("ok", "dependencies", "no requirements.lock beside the package: nothing to compare with")
    missing, other = [], []
    for requirement in map(Requirement, _PINNED.findall(LOCK.read_text("utf-8"))):
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue  # of another system
        try:
            installed = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(requirement.name)
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            other.append(f"{requirement.name} {installed} (lock: {requirement.specifier})")
    remedy = "install what the lock names: make install"
    if missing:
        return Finding("fail", "dependencies", f"missing: {_some(missing)}", remedy)
    if other:
        return Finding("warn", "dependencies", f"not as in the lock: {_some(other)}", remedy)
    return Finding("ok", "dependencies", "all as in requirements.lock")


def _some(names: list[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def check_beam() -> Finding:
    started = time.perf_counter()
    try:
        import apache_beam
    except Exception as error:  # noqa: BLE001  whatever stops the import is what is to be told
        return Finding("fail", "beam", f"cannot be imported: {error}", "make the environment again: make install")
    return Finding(
        "ok", "beam", f"Apache Beam {apache_beam.__version__}, imported in {time.perf_counter() - started:.1f} s"
    )


def check_output(output: str) -> Finding:
    """Whether the output folder can be written to, and how much fits."""
    if "://" in output:
        return Finding("ok", "output", f"{output} is not on this machine: its permissions show in the first run")
    folder = Path(output).resolve()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.NamedTemporaryFile(dir=existing):
            free = shutil.disk_usage(existing).free
    except OSError as error:
        return Finding(
            "fail", "output", f"cannot write in {existing}: {error.strerror}", "choose another folder: --output DIR"
        )
    state: State = "fail" if free < _MIN_FREE_BYTES else "warn" if free < _GOOD_FREE_BYTES else "ok"
    remedy = (
        "" if state == "ok" else "make room, or choose another disk: --output DIR (10,000 pages take about 0.1 to 1 GB)"
    )
    return Finding(state, "output", f"{folder} can be written to, {free / 1e9:.1f} GB free", remedy)


def check_clock() -> Finding:
    now = time.time()
    said = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    if now < _BUILT_AT:
        return Finding(
            "fail", "clock", f"it says {said}", "set the clock (timedatectl set-ntp true): dates of rows come from it"
        )
    try:
        zoneinfo.ZoneInfo("America/New_York")
    except zoneinfo.ZoneInfoNotFoundError:
        return Finding(
            "fail", "clock", "no time zone database", "install the tzdata package: schedules and dates need it"
        )
    return Finding("ok", "clock", said)


def check_locale() -> Finding:
    encodings = {sys.getfilesystemencoding().lower(), locale.getpreferredencoding(False).lower()}
    if encodings - {"utf-8", "utf8"}:
        return Finding(
            "warn", "locale", f"text is {', '.join(sorted(encodings))}", "export LANG=C.UTF-8 (or PYTHONUTF8=1)"
        )
    return Finding("ok", "locale", f"UTF-8 ({os.environ.get('LC_ALL') or os.environ.get('LANG') or 'C'})")


def check_open_files() -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < _MIN_OPEN_FILES:
        return Finding(
            "warn", "open files", f"{soft} at once", f"ulimit -n {_MIN_OPEN_FILES}: every host worked on takes some"
        )
    return Finding("ok", "open files", f"{soft} at once" + (f", {hard} at most" if hard != soft else ""))


MACHINE_CHECKS: tuple[Callable[[], Finding], ...] = (
    check_python,
    check_dependencies,
    check_beam,
    check_clock,
    check_locale,
    check_open_files,
)
