"""Processes that read raw output, as tests of them see them; and a source whose output is read there."""

import os
from pathlib import Path

__all__ = ["MANY", "SOURCE", "workers"]

MANY = 20
"""Of files that may hold as many records as a group has: nobody says how many there are."""
SOURCE = """
source: games
table: raw.games
key: [id]
raw: {scrapers: [games], within: FOLDER}
items: {jmes: "[]"}
fields:
  id: {jmes: id, type: integer, required: true}
"""


def workers() -> list[int]:
    """Those of this process that live."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"pipelines.streaming.raw_worker" in words and str(os.getpid()).encode() in words:
            found.append(int(process.name))
    return found
