"""What is known of a subject in rows and dead letters, wherever they stand."""

import dataclasses
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from pipelines.forget.subject import Subject

__all__ = [
    "LETTER_COLUMNS",
    "FoundLetters",
    "FoundRows",
    "NotYet",
    "Pointer",
    "Records",
    "letters_about",
]

Pointer = tuple[str, int]
"""Name of a WARC file, and the offset of a page's own record."""

LETTER_COLUMNS = (
    "letter_id", "source", "item", "request", "archive_file", "archive_offset", "screenshot", "screenshot_offset",
)  # fmt: skip


class NotYet(Exception):
    """Some of it cannot be removed now; the text says why, and when to try again."""


@dataclasses.dataclass(slots=True)
class FoundRows:
    """Rows of a subject.

    Attributes:
      by_table: table -> how many.
      pages: that they came from.
    """

    by_table: dict[str, int] = dataclasses.field(default_factory=dict)
    pages: set[Pointer] = dataclasses.field(default_factory=set)


@dataclasses.dataclass(slots=True)
class FoundLetters:
    """Dead letters of a subject."""

    ids: set[str] = dataclasses.field(default_factory=set)
    pages: set[Pointer] = dataclasses.field(default_factory=set)


class Records(Protocol):
    """Rows and dead letters of one output."""

    def rows(self, source: str, subjects: Sequence[Subject]) -> FoundRows:
        """Those of the subject."""

    def others(self, source: str, subjects: Sequence[Subject], pages: Collection[Pointer]) -> int:
        """How many rows that are not the subject's came from these pages."""

    def letters(self, source: str, subjects: Sequence[Subject], pages: Collection[Pointer]) -> FoundLetters:
        """Those about the subject's items, and those of requests whose page is one of these."""

    def remove_rows(self, source: str, subjects: Sequence[Subject]) -> list[str]:
        """Removes the subject's rows; gives what was changed.

        Raises:
          NotYet: this cannot be done now.
        """

    def remove_letters(self, ids: Collection[str]) -> list[str]:
        """Removes dead letters; gives what was changed.

        Raises:
          NotYet: this cannot be done now.
        """


def letters_about(
    letters: Iterable[Mapping[str, Any]], source: str, subjects: Sequence[Subject], pages: Collection[Pointer]
) -> FoundLetters:
    """Of these letters (LETTER_COLUMNS) those that must go."""
    found = FoundLetters()
    for letter in letters:
        if _is_about(letter, source, subjects, pages):
            found.ids.add(letter["letter_id"])
            found.pages |= _pointers(letter)
    return found


def _is_about(letter: Mapping[str, Any], source: str, subjects: Sequence[Subject], pages: Collection[Pointer]) -> bool:
    """Whether a letter must go: it holds the subject's item, or it is of a whole request whose page goes.

    Letters about others' items on the same page stay.
    """
    if letter["source"] != source:
        return False
    items = [_json(letter["item"]), (_json(letter["request"]) or {}).get("item")]
    if any(subject.has(item) for subject in subjects for item in items if isinstance(item, dict)):
        return True
    return items[0] is None and not _pointers(letter).isdisjoint(pages)


def _pointers(letter: Mapping[str, Any]) -> set[Pointer]:
    """Of its page; its screenshot stands among that page's records."""
    if letter["archive_file"] is None or letter["archive_offset"] is None:
        return set()
    return {(letter["archive_file"], letter["archive_offset"])}


def _json(text: str | None) -> Any:
    return None if text is None else json.loads(text)
