"""Files that runs of a group have in common, each under a name in its own folder.

A file of its own for each run costs its CPU thirty times what another name of the same file costs.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from transforms import filesystem

__all__ = ["write_shared"]

T = TypeVar("T")


def write_shared(parts: Mapping[str, T], text_of: Callable[[Sequence[T]], bytes]) -> dict[str, OSError]:
    """Writes files, each there whole or not at all. Where a file may have several names, all are one file.

    Args:
      parts: path -> what its reader looks for in it.
      text_of: what a file of some parts holds.

    Returns:
      Path -> why it could not be written.
    """
    failed: dict[str, OSError] = {}
    together = text_of(list(parts.values())) if all(map(filesystem.is_local, parts)) else b""
    whole = ""
    for path, part in parts.items():
        try:
            if not together:
                filesystem.write_whole(path, text_of([part]))
            elif not whole:
                filesystem.write_whole(path, together)
                whole = path
            elif not filesystem.link(whole, path):
                filesystem.write_whole(path, text_of([part]))
        except OSError as error:
            failed[path] = error
    return failed
