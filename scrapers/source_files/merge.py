"""What a source file says with `scrapeline.yaml` and the files that it extends, and where each value is from.

Mappings are merged, lists and single values replaced, and null takes an inherited key away. A selector is one thing: a
file that says `xpath` where its base says `css` replaces it; likewise `json`, `form` and `body` of a request.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from scrapers.source_files.mistakes import Mark, Mistake, SourceFileErrors, YamlPath, dotted, nearest, shown
from scrapers.source_files.yaml_lines import Document

__all__ = ["DEFAULTS_FILE", "merge", "origins_of", "with_bases"]

DEFAULTS_FILE = "scrapeline.yaml"
Read = Callable[[Path], Document]

_SELECTORS = frozenset(
    ("css", "xpath", "jmes", "jsonld", "microdata", "opengraph", "column", "const", "template", "any", "table", "page",
     "cursor", "re", "html", "from")
)  # fmt: skip
_PAYLOADS = frozenset(("json", "form", "body"))
_HOLD_SELECTORS = frozenset(("items", "next", "url", "ready", "where", "within", "cursor", "table"))


def with_bases(path: Path, folder: Path, read: Read) -> Document:
    """The file merged over those that it extends. Raises SourceFileErrors."""
    return _over_bases(path, folder, read, ())


def _over_bases(path: Path, folder: Path, read: Read, above: tuple[Path, ...]) -> Document:
    document = read(path)
    base = document.data.get("extends")
    if base is None:
        return document
    mark = document.marks["extends",]
    if not isinstance(base, str):
        raise _mistake(mark, f"{shown(base)}: expected the name of one file")
    target = (path.parent / base).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise _mistake(mark, f"`{base}` leads out of the folder of sources")
    if not target.is_file():
        near = nearest(base, (file.name for file in path.parent.iterdir()))
        raise _mistake(mark, f"there is no file `{base}` beside {path.name}", near)
    if target in (path.resolve(), *above):
        circle = " -> ".join([file.name for file in above] + [path.name, target.name])
        raise _mistake(mark, f"the files extend each other in a circle: {circle}")
    inherited = _over_bases(target, folder, read, (*above, path.resolve()))
    return merge(inherited, document)


def _mistake(mark: Mark, message: str, meant: str = "") -> SourceFileErrors:
    return SourceFileErrors([Mistake(mark, "extends", message, meant)])


def merge(base: Document, over: Document) -> Document:
    """The second document over the first; each value keeps its place."""
    marks: dict[YamlPath, Mark] = {}
    data = _merged(base, over, (), marks)
    return Document(data, marks)


def _merged(base: Document, over: Document, path: YamlPath, marks: dict[YamlPath, Mark]) -> dict[str, Any]:
    old, new = _at(base.data, path), _at(over.data, path)
    replaced = _replaced(old, new, path)
    merged: dict[str, Any] = {}
    for key in [*old, *(key for key in new if key not in old)]:
        place = (*path, key)
        if key in new and new[key] is None and key in old:
            continue
        if key in new and key in old and isinstance(new[key], dict) and isinstance(old[key], dict):
            marks[place] = over.marks[place]
            merged[key] = _merged(base, over, place, marks)
        elif key in new:
            merged[key] = _copied(new[key], place, over, marks)
        elif key not in replaced:
            merged[key] = _copied(old[key], place, base, marks)
    return merged


def _at(data: Any, path: YamlPath) -> dict[str, Any]:
    for key in path:
        data = data[key]
    assert isinstance(data, dict)
    return data


def _replaced(old: Mapping[str, Any], new: Mapping[str, Any], path: YamlPath) -> frozenset[str]:
    """The inherited keys that do not go together with what is said anew."""
    holds_selector = path and (path[-1] in _HOLD_SELECTORS or path[-2:-1] == ("fields",))
    if holds_selector and _SELECTORS & new.keys():
        return frozenset(old) if path[-1] == "items" else _SELECTORS  # `where` and `merge` are of the same kind
    if path and path[-1] == "request" and _PAYLOADS & new.keys():
        return _PAYLOADS
    return frozenset()


def _copied(value: Any, path: YamlPath, document: Document, marks: dict[YamlPath, Mark]) -> Any:
    marks[path] = document.marks[path]
    if isinstance(value, dict):
        return {key: _copied(part, (*path, key), document, marks) for key, part in value.items()}
    if isinstance(value, list):
        return [_copied(part, (*path, number), document, marks) for number, part in enumerate(value)]
    return value


def origins_of(document: Document) -> dict[str, str]:
    """Dotted key -> "file:line" of every value."""
    return {dotted(path): str(mark) for path, mark in document.marks.items()}
