"""Checks of the browser for `scrapeline doctor`: which one it is, whether it starts, and whether its sandbox does."""

import asyncio
import shutil
import tempfile
import time

from pipelines.machine_checks import Finding, State
from scrapers.browsing.chromium import launch
from scrapers.browsing.executable import BrowserMissing, FoundBrowser, find_browser
from scrapers.browsing.failures import BrowserGone
from scrapers.browsing.sandbox import why_no_sandbox
from scrapers.browsing.settings import BrowserSettings

__all__ = ["check_browser", "check_temp"]

_MIN_FREE_BYTES, _GOOD_FREE_BYTES = 100_000_000, 1_000_000_000
_ISOLATE = "run as another user than root, where users may make namespaces: pages are strangers' programs"


def check_browser() -> list[Finding]:
    """Finds the browser and starts it, as a run does (one or two seconds)."""
    try:
        found = find_browser()
    except BrowserMissing as missing:
        message = "none; sources of `fetch: {mode: browser}` or `auto` cannot run"
        return [Finding("warn", "browser", message, str(missing))]
    said = f"{found.path} ({found.kind})"
    started = time.perf_counter()
    why_not = why_no_sandbox()
    try:
        if not why_not:
            try:
                version = asyncio.run(_start(found, sandbox=True))
            except BrowserGone:
                why_not = "the system or its container forbids what it needs"
        if why_not:
            version = asyncio.run(_start(found, sandbox=False))
    except (BrowserGone, OSError) as error:
        return [Finding("fail", "browser", f"{said} does not start: {error}", _remedy(found))]
    said += f", {version}, started in {time.perf_counter() - started:.1f} s"
    return [_of_kind(found, said), _of_sandbox(why_not)]


async def _start(found: FoundBrowser, *, sandbox: bool) -> str:
    chromium = await launch(BrowserSettings(executable=found.path, sandbox=sandbox), "")
    version = chromium.version
    await chromium.close()
    return version


def _of_kind(found: FoundBrowser, said: str) -> Finding:
    if found.is_shell:
        return Finding("ok", "browser", said)
    return Finding(
        "warn", "browser", f"{said}; a whole Chromium takes 1.6 times the CPU of a headless shell", _remedy(found)
    )


def _remedy(found: FoundBrowser) -> str:
    where = f"; {found.path} is {found.kind}" if found.kind.startswith("named") else ""
    return f"apt-get install chromium-headless-shell, or: playwright install --only-shell chromium{where}"


def _of_sandbox(why_not: str) -> Finding:
    if why_not:
        return Finding("warn", "sandbox", f"pages run without Chromium's sandbox: {why_not}", _ISOLATE)
    return Finding("ok", "sandbox", "pages run in Chromium's sandbox")


def check_temp() -> Finding:
    """How much fits where Chromium keeps profiles and shared memory."""
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    state: State = "fail" if free < _MIN_FREE_BYTES else "warn" if free < _GOOD_FREE_BYTES else "ok"
    remedy = "" if state == "ok" else "make room, or set TMPDIR to a folder on another disk"
    return Finding(state, "temp", f"{folder}: {free / 1e9:.1f} GB free", remedy)
