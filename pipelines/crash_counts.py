"""What the processes of an attempt found out about requests that killed earlier ones: for who starts the attempts."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

__all__ = ["read_crashes", "tell_crashes"]


def tell_crashes(folder: str, crashes: Mapping[str, int]) -> None:
    """Says what this process knows; a full disk or a removed folder is not its business.

    Args:
      folder: of live counters; empty for nowhere.
      crashes: how many processes died over a request, by its id.
    """
    if folder and crashes:
        path = Path(folder, f"{os.getpid()}.crashes")
        try:
            path.with_suffix(".tmp_crashes").write_text(json.dumps(crashes))
            path.with_suffix(".tmp_crashes").replace(path)
        except OSError:
            return


def read_crashes(folder: Path) -> dict[str, int]:
    """What all processes of an attempt know together."""
    known: dict[str, int] = {}
    for path in folder.glob("*.crashes"):
        try:
            crashes: dict[str, int] = json.loads(path.read_text())
        except (OSError, ValueError):
            continue
        for request_id, count in crashes.items():
            known[request_id] = max(count, known.get(request_id, 0))
    return known
