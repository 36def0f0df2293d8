"""Loads a folder of source files: merged, checked, with their tables."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from schemas.ids import content_id
from schemas.table import Table
from scrapers.source_files.mistakes import Mark, Mistake, SourceFileErrors, dotted
from scrapers.source_files.model import Source
from scrapers.source_files.tables import tables_of
from scrapers.source_files.yaml_lines import read_yaml

__all__ = ["LoadedSource", "SourceFileErrors", "SourceSet", "load_sources"]


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


def load_sources(folder: Path, names: Sequence[str] | None = None) -> SourceSet:
    """Loads the named sources, or all. Raises SourceFileErrors."""
    found: dict[str, LoadedSource] = {}
    mistakes: list[Mistake] = []
    for path in sorted(folder.glob("*.y*ml")):
        if path.name == "scrapeline.yaml":
            continue
        try:
            document = read_yaml(path, path.name)
            source = Source.model_validate(document.data)
        except SourceFileErrors as errors:
            mistakes += errors.mistakes
            continue
        except ValidationError as error:
            mistakes += [Mistake(Mark(path.name, 1), dotted(e["loc"]), e["msg"]) for e in error.errors()]
            continue
        origins = {dotted(key): str(mark) for key, mark in document.marks.items()}
        digest = content_id(document.data)
        found[source.source] = LoadedSource(source, path, folder, tables_of(source), digest, origins)
    if mistakes:
        raise SourceFileErrors(mistakes)
    if names is not None:
        found = {name: found[name] for name in names}
    return SourceSet(folder, found)
