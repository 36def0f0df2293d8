"""A source that is ready to be used, and a folder of them."""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path

from schemas.ids import content_id
from schemas.table import Table
from scrapers.source_files.model import Source

__all__ = ["LoadedSource", "SourceSet"]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class LoadedSource:
    """One source, ready to be used.

    Attributes:
      path: of its YAML file.
      folder: of all sources.
      tables: by name.
      digest: of the merged source and the code files beside it.
      origins: dotted key -> "file:line" that its value comes from.
    """

    source: Source
    path: Path
    folder: Path
    tables: Mapping[str, Table]
    digest: str
    origins: Mapping[str, str]


class SourceSet(Mapping[str, LoadedSource]):
    """The loaded sources by name, in the order of their names."""

    def __init__(self, folder: Path, sources: Mapping[str, LoadedSource]) -> None:
        self.folder = folder
        self._sources = dict(sorted(sources.items()))
        self.digest = content_id([(name, loaded.digest) for name, loaded in self._sources.items()])

    def __getitem__(self, name: str) -> LoadedSource:
        return self._sources[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)
