"""One emulator, run by the Python of .venv-emulator; it ends when the process that asked for it does (see emulator.py).

python start_emulator.py bqemulator|gcp_storage_emulator ARGUMENT...
"""

import ctypes
import importlib.util
import os
import runpy
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)


def end_with(parent: int) -> None:
    """Has the kernel end this process with its parent, also one killed hard. Linux only; elsewhere it would be left."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before it was watched
        os._exit(1)


def bring_extensions() -> None:
    """Puts DuckDB's extensions, which are installed as packages, where DuckDB looks before it downloads them."""
    import duckdb

    (platform,) = duckdb.execute("PRAGMA platform").fetchone()
    folder = Path.home() / ".duckdb" / "extensions" / f"v{duckdb.__version__}" / platform
    folder.mkdir(parents=True)
    for name in ("avro", "spatial"):
        spec = importlib.util.find_spec(f"duckdb_extension_{name}")
        (found,) = Path(spec.origin).parent.rglob(f"{name}.duckdb_extension")
        (folder / found.name).symlink_to(found)


def take_any_upload() -> None:
    """bqemulator refuses the content type `*/*`, which Google's own Python client gives to every small upload."""
    from bqemulator.api.routes import upload

    upload._PERMITTED_MEDIA_CONTENT_TYPES += ("*/*",)


if __name__ == "__main__":
    end_with(int(os.environ["STARTED_BY"]))
    emulator = sys.argv[1]
    if emulator == "bqemulator":
        bring_extensions()
        take_any_upload()
    sys.argv = [emulator, *sys.argv[2:]]
    runpy.run_module(emulator, run_name="__main__", alter_sys=True)
