"""Which files of a folder are sources, found without parsing them: 10,000 files take no time to choose one of."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from scrapers.source_files.key_names import top_keys
from scrapers.source_files.merge import DEFAULTS_FILE
from scrapers.source_files.mistakes import Mark, Mistake, SourceFileErrors, nearest
from scrapers.source_files.yaml_lines import read_yaml

__all__ = ["declared_names", "named_files", "source_files"]

_NAME = re.compile(r"""^source[ \t]*:[ \t]*["']?([^\s"'#]+)""", re.MULTILINE)
_TOP_KEY = re.compile(r"^([A-Za-z_][\w-]*)[ \t]*:", re.MULTILINE)
_SKIPPED_FOLDERS = {"__pycache__", "node_modules", "venv", "tests", "golden"}


def source_files(folder: Path) -> Iterator[Path]:
    """The YAML files that may be sources: neither `scrapeline.yaml` nor what is hidden or begins with `_`."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name[0] not in "._" and name not in _SKIPPED_FOLDERS)
        for name in sorted(names):
            if name.endswith((".yaml", ".yml")) and name[0] not in "._" and name != DEFAULTS_FILE:
                yield Path(parent) / name


def declared_names(folder: Path) -> list[str]:
    """The names that files of a folder give themselves, whatever else is wrong with them."""
    texts = (path.read_text("utf-8", errors="replace") for path in source_files(folder))
    return sorted({found[1] for text in texts if (found := _NAME.search(text))})


def named_files(folder: Path, names: Sequence[str] | None) -> tuple[list[Path], list[Mistake]]:
    """The files of the named sources (None: of all), and what is wrong with the names.

    A file is a source when it names itself in a line `source: NAME`; other YAML is left alone unless it looks like a
    source that lacks that line and that no other file extends.
    """
    if not folder.is_dir():
        return [], [Mistake(Mark(str(folder), 0), "", "there is no such folder of sources")]
    texts = {path: path.read_text("utf-8", errors="replace") for path in source_files(folder)}
    declared = {path: found[1] for path, text in texts.items() if (found := _NAME.search(text))}
    wanted = set(declared.values()) if names is None else set(names)
    mistakes = [_unknown(folder, name, texts, declared) for name in sorted(wanted - set(declared.values()))]
    files = [path for path, name in declared.items() if name in wanted]
    mistakes += _doubled(folder, [(path, declared[path]) for path in files])
    if names is None:
        mistakes += _nameless(folder, {path: text for path, text in texts.items() if path not in declared}, texts)
    return files, mistakes


def _unknown(folder: Path, name: str, files: Iterable[Path], declared: dict[Path, str]) -> Mistake:
    """What is said of a name that no file gives itself; a file of that name says why it is not meant."""
    for path in files:
        if path.stem == name or path.name == name or os.path.relpath(path, folder) == name:
            place = Mark(os.path.relpath(path, folder), 1)
            if path in declared:
                return Mistake(place, "source", f"this file is the source `{declared[path]}`")
            return Mistake(place, "", f"this file is no source: it has no line `source: {path.stem}` that can be read")
    names = sorted(set(declared.values()))
    near = nearest(name, names)
    listed = f"; there is {', '.join(names[:10])}{' ...' if len(names) > 10 else ''}" if names and not near else ""
    return Mistake(Mark(str(folder), 0), "", f"there is no source `{name}` in this folder{listed}", near)


def _doubled(folder: Path, files: list[tuple[Path, str]]) -> Iterator[Mistake]:
    first: dict[str, Path] = {}
    for path, name in files:
        other = first.setdefault(name, path)
        if other is not path:
            where = os.path.relpath(other, folder)
            yield Mistake(_mark(path, folder), "source", f"the name `{name}` is taken already, by {where}")


def _mark(path: Path, folder: Path) -> Mark:
    found = _NAME.search(text := path.read_text("utf-8", errors="replace"))
    return Mark(os.path.relpath(path, folder), text.count("\n", 0, found.start()) + 1 if found else 1)


def _nameless(folder: Path, files: dict[Path, str], texts: dict[Path, str]) -> Iterator[Mistake]:
    extended = {
        name for text in texts.values() for name in re.findall(r"^extends:\s*[\"']?([^\s\"'#]+)", text, re.MULTILINE)
    }
    for path, text in files.items():
        keys = _TOP_KEY.findall(text)
        ours = [key for key in keys if key in top_keys()]
        if len(ours) >= 2 and not any(Path(name).name == path.name for name in extended):
            try:
                read_yaml(path, os.path.relpath(path, folder))
            except SourceFileErrors as errors:
                yield from errors.mistakes
                continue
            meant = next((key for key in keys if nearest(key, ["source"])), "")
            message = "has no line `source: NAME`; a file of shared parts has a name that begins with `_`"
            near = "source" if meant else ""
            yield Mistake(Mark(os.path.relpath(path, folder), 1), meant, message, near)
