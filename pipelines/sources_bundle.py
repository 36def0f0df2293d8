"""The sources folder as a run keeps it, and which commit it is of."""

import contextlib
import subprocess
from pathlib import Path

from transforms import filesystem

__all__ = ["git_commit", "write_bundle"]


def write_bundle(output: str, digest: str, packed: bytes) -> str:
    """Writes a packed sources folder under its digest, once for all runs; gives its path."""
    path = f"{output}/.scrapeline/bundles/{digest}.zip"
    if not filesystem.exists(path):
        with contextlib.suppress(FileExistsError):  # another run packed the same
            filesystem.write_whole(path, packed)
    return path


def git_commit(folder: Path) -> str:
    """The commit of the sources' checkout, with `+changes` when it has some; empty outside of one."""
    try:
        described = subprocess.run(
            ["git", "-C", str(folder), "describe", "--always", "--dirty=+changes", "--abbrev=40", "--exclude=*"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return described.stdout.strip()
