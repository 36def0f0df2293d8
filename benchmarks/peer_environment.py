"""The peer's own environment, `.venv-bench`: nothing of it comes into ours."""

import hashlib
import subprocess
import sys
from pathlib import Path

__all__ = ["peer_python"]

HERE = Path(__file__).parent
LOCK = HERE / "requirements.lock"
FOLDER = HERE.parent / ".venv-bench"


def peer_python() -> Path:
    """The interpreter of the peer's environment, which is made from the lock file when it is missing or outdated."""
    stamp = FOLDER / f".installed-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]}"
    python = FOLDER / "bin" / "python"
    if not stamp.exists():
        print(f"Installing the peer from {LOCK.name} into {FOLDER.name} (a minute, once) ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(FOLDER)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "--requirement", str(LOCK)], check=True)
        stamp.touch()
    return python
