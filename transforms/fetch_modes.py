"""What `fetch.mode: auto` found out, kept from run to run under the output folder."""

import contextlib
import json
import logging
import posixpath
from typing import cast

from schemas.execution import Execution
from schemas.fetch_modes import Mode
from transforms import filesystem

__all__ = ["keep_fetch_modes", "kept_modes"]

_LOG = logging.getLogger(__name__)


def keep_fetch_modes(root: str, execution: Execution) -> None:
    """Replaces what is kept of the execution's source. A file that cannot be written is no failure of the run.

    Args:
      root: the output folder.
    """
    if not execution.fetch_modes:
        return
    kept = {"execution_id": execution.execution_id, "page_types": execution.fetch_modes}
    try:
        filesystem.replace_whole(_path(root, execution.source), json.dumps(kept, indent=1).encode())
    except OSError as error:
        _LOG.warning("%s: what `auto` found out is not kept: %s", execution.source, error)


def kept_modes(root: str, source: str) -> dict[str, Mode]:
    """Page type -> how the last run of the source found that it begins best; empty when nothing (readable) is kept."""
    path = _path(root, source)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        if filesystem.exists(path):
            with filesystem.open_to_read(path) as file:
                kept = json.loads(file.read())["page_types"]
            modes = {page_type: counts["mode"] for page_type, counts in kept.items()}
            return {name: cast("Mode", mode) for name, mode in modes.items() if mode in ("http", "browser")}
    return {}


def _path(root: str, source: str) -> str:
    return posixpath.join(root, ".scrapeline", "fetch_modes", f"{source}.json")
