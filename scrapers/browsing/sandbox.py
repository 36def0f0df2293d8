"""Whether Chromium's sandbox can start on this machine, and why not."""

import logging
import os
import sys
import threading
from pathlib import Path

__all__ = ["SANDBOX", "SandboxMemory", "why_no_sandbox"]

logger = logging.getLogger(__name__)


def why_no_sandbox() -> str:
    """A reason that is known before Chromium is started, for people; empty when there is none.

    Chromium refuses to sandbox as root, and needs user namespaces (`No usable sandbox!`), which a system can forbid in
    these ways; that a container forbids them shows only when it is tried.
    """
    if not sys.platform.startswith("linux"):
        return ""
    if os.geteuid() == 0:
        return "Chromium has no sandbox when it is run as root; run as another user"
    for setting, forbids in (
        ("user/max_user_namespaces", "0"),
        ("kernel/unprivileged_userns_clone", "0"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1"),
    ):
        if _system(setting) == forbids:
            return f"this system lets users make no namespaces (sysctl {setting.replace('/', '.')} = {forbids})"
    return ""


def _system(setting: str) -> str:
    try:
        return Path("/proc/sys", setting).read_text().strip()
    except OSError:
        return ""


class SandboxMemory:
    """What a process knows about the sandbox: tried once, then remembered, and said in the log once.

    Attributes:
      why_not: why it cannot start; empty while nothing is known against it.
    """

    def __init__(self) -> None:
        self.why_not = ""
        self._asked = False
        self._lock = threading.Lock()

    def should_try(self) -> bool:
        with self._lock:
            if not self._asked:
                self._asked = True
                self._note(why_no_sandbox())
            return not self.why_not

    def refused(self, message: str) -> None:
        """Chromium ended with the sandbox and started without it."""
        with self._lock:
            if not self.why_not:
                self._note(f"the system or the container forbids what it needs ({_said(message)})")

    def _note(self, why_not: str) -> None:
        self.why_not = why_not
        if why_not:
            logger.warning("pages run without Chromium's sandbox: %s", why_not)


def _said(message: str) -> str:
    """The line of Chromium's that names the sandbox, of all that it wrote."""
    lines = [line.strip() for line in message.splitlines() if "sandbox" in line.lower() or "namespace" in line.lower()]
    return (lines or message.strip().splitlines() or ["no message"])[0][:200]


SANDBOX = SandboxMemory()
