"""A mistake in a source file, as the person who wrote the file reads it."""

import dataclasses
import difflib
import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

__all__ = ["Finding", "Mark", "Mistake", "SourceFileErrors", "YamlPath", "dotted", "nearest", "shown"]

YamlPath = tuple[str | int, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; lines and columns count from 1, and line 0 is the file (or folder) as a whole."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclasses.dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake.

    Attributes:
      mark: where it stands.
      path: the dotted path of the key, `pages.listing.fields.sku`; empty for the file as a whole.
      message: what stands there and what was expected, one sentence.
      meant: the nearest right name, empty for none.
    """

    mark: Mark
    path: str
    message: str
    meant: str = ""

    def __str__(self) -> str:
        where = f"{self.mark}: {self.path}: " if self.path else f"{self.mark}: "
        return f"{where}{self.message}" + (f"; did you mean `{self.meant}`?" if self.meant else "")


class Finding(NamedTuple):
    """A mistake before its place in a file is looked up.

    Attributes:
      of_absence: something is lacking; not said when what stands there was itself mistaken.
    """

    path: YamlPath
    message: str
    meant: str = ""
    of_absence: bool = False


class SourceFileErrors(Exception):
    """Every mistake of every file that was asked for."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = sorted(set(mistakes), key=_order)
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        return "\n".join(map(str, self.mistakes))

    def __reduce__(self) -> tuple[type["SourceFileErrors"], tuple[list[Mistake]]]:
        return SourceFileErrors, (self.mistakes,)


def _order(mistake: Mistake) -> tuple[str, int, int, str, str]:
    return mistake.mark.file, mistake.mark.line, mistake.mark.column, mistake.path, mistake.message


def dotted(path: Sequence[str | int]) -> str:
    """The path as people write it.

    >>> dotted(("pages", "listing", "follow", 0, "to"))
    'pages.listing.follow[0].to'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that was most likely meant; empty when none is near.

    >>> nearest("fileds", ["fields", "follow"])
    'fields'
    """
    names = {known_name.lower(): known_name for known_name in known}
    found = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    return names[found[0]] if found else ""


def shown(value: Any) -> str:
    """A value as it is quoted in a message: as JSON, cut short."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
