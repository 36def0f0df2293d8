"""Where people's decisions about sources are kept: in the output, wherever that is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from pipelines.places import Places
from schemas.decision import Decision

__all__ = ["Book", "NoBook", "is_local", "local_file", "open_book"]


class NoBook(ValueError):
    """An output in which decisions cannot be kept; the text says what can."""


class Book(Protocol):
    """All decisions about sources. Nothing is cached: each call reads what is there now."""

    def decisions(self) -> list[Decision]:
        """All of them, oldest first."""

    def add(self, decisions: Sequence[Decision]) -> None:
        """Writes some; one that is there already is not written again.

        Raises:
          NoBook: they cannot be kept there.
        """


def open_book(where: Places) -> Book:
    """The book of an output: a table in its warehouse, or an SQLite file in its folder."""
    if where.warehouse is not None:
        from pipelines.source_health.warehouse_book import WarehouseBook  # Google's client takes its time to import

        return WarehouseBook(where.warehouse)
    if not is_local(where):
        return _Nowhere(where.folder)
    from pipelines.source_health.sqlite_book import SqliteBook

    return SqliteBook(local_file(where))


def is_local(where: Places) -> bool:
    """Whether its folder is of this machine."""
    return "://" not in where.folder


def local_file(where: Places) -> Path:
    """The SQLite file of this machine: in the output's folder, or in this folder where that is a bucket."""
    folder = Path(where.folder) if is_local(where) else Path()
    return folder / ".scrapeline" / "sources.sqlite"


class _Nowhere(Book):
    """Of a bucket: files there cannot be changed by two at once."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def decisions(self) -> list[Decision]:
        return []

    def add(self, decisions: Sequence[Decision]) -> None:
        raise NoBook(
            f"decisions cannot be kept in {self._folder}: name a folder of this machine, or bigquery:PROJECT[.DATASET]"
        )
