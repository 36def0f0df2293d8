"""What a writer confirms (one closed file, not yet under its final name), and what became of it."""

import dataclasses
from collections import Counter
from typing import Literal

__all__ = ["Published", "Written"]


@dataclasses.dataclass(slots=True)
class Written:
    """One file of one execution.

    Attributes:
      kind: what its records are.
      temporary, final: paths; it is published by a rename when its execution closes.
      records: how many.
      keys: what tells each row, in file order (transforms.row_files.KEY_RECORD), of a small file; empty for letters.
      keys_file: path of the same, of a large one; else empty.
      coverage: column -> records in which it is not null.
      bytes: size of the file.
    """

    kind: Literal["rows", "dead_letters"]
    table: str
    temporary: str
    final: str
    records: int
    keys_file: str = ""
    coverage: Counter[str] = dataclasses.field(default_factory=Counter)
    keys: bytes = b""
    bytes: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Published:
    """What became of an execution's rows when they got to where they stay.

    Attributes:
      duplicates: rows left out because their row_key was there already.
      refused: rows that the table refused; each has its dead letter, which is written.
    """

    duplicates: int = 0
    refused: int = 0
