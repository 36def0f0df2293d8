"""Loads a folder of source files: merged, checked, with their tables. Every mistake of every file comes at once."""

import functools
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from schemas.ids import content_id
from scrapers.source_files.check_browser import check_browser
from scrapers.source_files.check_code import check_code, code_files
from scrapers.source_files.check_flow import check_flow
from scrapers.source_files.check_raw import check_raw, taken_twice
from scrapers.source_files.check_rules import check_defaults, check_rules
from scrapers.source_files.check_seeds import check_seed_lines, check_seeds
from scrapers.source_files.check_selectors import check_selectors
from scrapers.source_files.check_session import check_session
from scrapers.source_files.check_tables import check_tables
from scrapers.source_files.check_templates import check_templates
from scrapers.source_files.loaded import LoadedSource, SourceSet
from scrapers.source_files.merge import DEFAULTS_FILE, merge, origins_of, with_bases
from scrapers.source_files.mistakes import Finding, Mark, Mistake, SourceFileErrors, YamlPath, dotted
from scrapers.source_files.model import Defaults, Source
from scrapers.source_files.shape import Shaped, shape
from scrapers.source_files.source_names import named_files
from scrapers.source_files.subject import Subject
from scrapers.source_files.yaml_lines import Document, ReadWithMistakes, read_yaml

__all__ = ["LoadedSource", "SourceFileErrors", "SourceSet", "load_sources"]

_CHECKS = (
    check_rules,
    check_browser,
    check_flow,
    check_raw,
    check_seeds,
    check_selectors,
    check_session,
    check_templates,
    check_tables,
    check_code,
)


def load_sources(folder: Path, names: Sequence[str] | None = None) -> SourceSet:
    """Loads the named sources of a folder, or all.

    Raises:
      SourceFileErrors: with every mistake of every file asked for, and of `scrapeline.yaml`.
    """
    loader = _Loader(folder)
    files, mistakes = named_files(folder, names)
    loaded = [one for path in files if (one := loader.load(path)) is not None]
    mistakes += [*loader.mistakes, *taken_twice(loaded)]
    if mistakes:
        raise SourceFileErrors(mistakes)
    return SourceSet(folder, {one.source.source: one for one in loaded})


class _Loader:
    """Loads the files of one folder; reads each file once."""

    def __init__(self, folder: Path) -> None:
        self.mistakes: list[Mistake] = []
        self._folder = folder
        self._defaults = self._load_defaults(folder / DEFAULTS_FILE)
        self._code: dict[Path, str] = {}

    @functools.cache  # noqa: B019  the loader lives as long as one call
    def _read(self, path: Path) -> Document:
        try:
            return read_yaml(path, os.path.relpath(path, self._folder))
        except ReadWithMistakes as errors:
            self.mistakes += errors.mistakes
            return errors.document

    def _load_defaults(self, path: Path) -> Document:
        empty = Document({}, {})
        if not path.is_file():
            return empty
        try:
            document = self._read(path)
        except SourceFileErrors as errors:
            self.mistakes += errors.mistakes
            return empty
        shaped = shape(Defaults, document.data)
        findings = list(check_defaults(shaped.model)) if shaped.model else []
        self._note(document, Mark(path.name, 1), shaped, findings)
        return document

    def load(self, path: Path) -> LoadedSource | None:
        """The source in a file; None when there is none to be made of it (its mistakes are noted)."""
        try:
            document = merge(self._defaults, with_bases(path, self._folder, self._read))
        except SourceFileErrors as errors:
            self.mistakes += errors.mistakes
            return None
        shaped = shape(Source, document.data)
        model, mended = shaped.model, frozenset(shaped.mended)
        name = os.path.relpath(path, self._folder)
        shared = frozenset(place for place, mark in document.marks.items() if mark.file != name)
        subject = Subject(model, path, self._folder, mended, shared) if model is not None else None
        found = [finding for check in _CHECKS for finding in check(subject)] if subject else []
        self._note(document, Mark(name, 1), shaped, found)
        if subject is None or shaped.findings or found:
            return None
        self.mistakes += check_seed_lines(subject)
        digest = content_id(document.data, [(file.name, self._digest(file)) for file in code_files(subject)])
        return LoadedSource(subject.source, path, self._folder, subject.tables, digest, origins_of(document))

    def _digest(self, file: Path) -> str:
        if file not in self._code:
            self._code[file] = content_id(file.read_bytes())
        return self._code[file]

    def _note(
        self, document: Document, start: Mark, shaped: Shaped[Defaults] | Shaped[Source], found: Iterable[Finding]
    ) -> None:
        for path, message, meant, _ in [*shaped.findings, *_independent(found, shaped)]:
            mark = _mark(document, _as_written(path, shaped.renamed), start)
            self.mistakes.append(Mistake(mark, dotted(path), message, meant))


def _as_written(path: YamlPath, renamed: dict[YamlPath, YamlPath]) -> YamlPath:
    """The path with the misspelt keys that stand in the file."""
    for length in range(len(path), 0, -1):
        if path[:length] in renamed:
            return (*_as_written(renamed[path[:length]], renamed), *path[length:])
    return path


def _mark(document: Document, path: YamlPath, start: Mark) -> Mark:
    """The place of a path, or of the nearest mapping around it that stands in the file."""
    return next((document.marks[path[:n]] for n in range(len(path), 0, -1) if path[:n] in document.marks), start)


def _independent(findings: Iterable[Finding], shaped: Shaped[Defaults] | Shaped[Source]) -> Iterator[Finding]:
    """The findings that do not merely follow from what was mended at or above their place, or is lacking below it."""
    for path, message, meant, of_absence in findings:
        above = any(path[: len(mended)] == mended for mended in shaped.mended)
        below = of_absence and any(mended[: len(path)] == path for mended in shaped.mended)
        if not above and not below:
            yield Finding(path, message, meant)
