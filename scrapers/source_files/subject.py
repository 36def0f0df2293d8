"""A source while it is checked: what the checks ask of it."""

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path

from schemas.table import Table
from scrapers.source_files.mistakes import YamlPath
from scrapers.source_files.model import Alternative, FieldRule, PageType, Source
from scrapers.source_files.tables import tables_of

__all__ = ["Subject"]


@dataclasses.dataclass(frozen=True, eq=False)
class Subject:
    """One source as far as its shape could be understood.

    Attributes:
      path: of its file; code and lists stand beside it.
      folder: of all sources.
      shared: paths that stand in another file: the folder's defaults, what it extends.
      mended: what was changed or left out because it was mistaken: what follows from that is no mistake.
    """

    source: Source
    path: Path
    folder: Path
    mended: frozenset[YamlPath] = frozenset()
    shared: frozenset[YamlPath] = frozenset()

    @functools.cached_property
    def pages(self) -> dict[str, PageType]:
        """Page types by name, what they inherit included."""
        return self.source.page_types()

    def place(self, page_type: str) -> YamlPath:
        """The path under which the keys of a page type stand."""
        return () if self.source.pages is None else ("pages", page_type)

    @functools.cached_property
    def has_code(self) -> bool:
        """Whether code beside the file may fill fields that have no selector."""
        return self.path.with_suffix(".py").is_file() or any(
            page.hooks and page.hooks.item for page in self.pages.values()
        )

    @functools.cached_property
    def tables(self) -> dict[str, Table]:
        """Every table by name."""
        return tables_of(self.source)

    def edges(self) -> Iterator[tuple[str, str, bool, YamlPath]]:
        """(from, to, whether the item is carried, path) of every `follow` that leads to a known page type."""
        for name, page in self.pages.items():
            for number, follow in enumerate(page.follows()):
                target = name if follow.to is None else follow.to
                if target in self.pages:
                    path = (*self.place(name), "follow") + ((number,) if isinstance(page.follow, list) else ())
                    yield name, target, follow.carry == "item", path

    @functools.cached_property
    def item_fields(self) -> dict[str, set[str]]:
        """Page type -> the fields that an item has there: its own and those that were carried to it."""
        known = {name: set(page.fields) for name, page in self.pages.items()}
        for _ in known:
            for giver, taker, carried, _path in self.edges():
                if carried:
                    known[taker] |= known[giver]
        return known

    def fields(self) -> Iterator[tuple[str, YamlPath, FieldRule]]:
        """(page type, path, rule) of every field, nested ones included."""
        for name, page in self.pages.items():
            for path, rule in _nested((*self.place(name), "fields"), page.fields):
                yield name, path, rule

    def ways(self) -> Iterator[tuple[YamlPath, Alternative]]:
        """(path, rule) of every field and of every member of its fallback chain."""
        for _, path, rule in self.fields():
            yield path, rule
            for number, member in enumerate(rule.any_ or ()):
                yield (*path, "any", number), member


def _nested(path: YamlPath, fields: dict[str, FieldRule]) -> Iterator[tuple[YamlPath, FieldRule]]:
    for name, rule in fields.items():
        yield (*path, name), rule
        if rule.fields:
            yield from _nested((*path, name, "fields"), rule.fields)
