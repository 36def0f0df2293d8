"""Reads YAML 1.2 into plain data, and says on which line each key stands.

libyaml finds the structure (twenty times faster than a parser in Python: 200 files in a fifth of a second); what it
refuses is put before ruamel.yaml, which knows 1.2's grammar in full. Scalars follow YAML 1.2's core schema (10.3.2)
either way, so `no`, `on` and `12:30` are texts. Keys are always the text that stands in the file.
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError as FullYamlError

from scrapers.source_files.mistakes import Mark, Mistake, SourceFileErrors, YamlPath, dotted

__all__ = ["Document", "ReadWithMistakes", "parse_yaml", "read_yaml"]

MAX_BYTES = 1_000_000
MAX_VALUES = 100_000
MAX_DEPTH = 50

_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)
_STANDARD = "tag:yaml.org,2002:"


@dataclasses.dataclass(frozen=True, slots=True)
class Document:
    """One file: its data, and the place of every key and list entry."""

    data: dict[str, Any]
    marks: dict[YamlPath, Mark]


class ReadWithMistakes(SourceFileErrors):
    """The file has mistakes, but what it says can be looked at for others; of a doubled key the first counts."""

    def __init__(self, mistakes: Iterable[Mistake], document: Document) -> None:
        super().__init__(mistakes)
        self.document = document


def read_yaml(path: Path, name: str) -> Document:
    """Reads a file; `name` is what messages call it. Raises SourceFileErrors."""
    start = Mark(name, 1)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SourceFileErrors([Mistake(start, "", f"the file is larger than {MAX_BYTES // 1000} KB")])
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SourceFileErrors([Mistake(start, "", f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SourceFileErrors([Mistake(Mark(name, line), "", "is not UTF-8 here: save the file as UTF-8")]) from error
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> Document:
    """Parses one document whose top is a mapping. Raises SourceFileErrors with doubled keys or the syntax error."""
    reader = _Reader(name)
    try:
        data = reader.document(yaml.parse(text, Loader=_FAST))
    except yaml.YAMLError as refused:
        reader = _Reader(name)
        try:
            data = reader.document(YAML(typ="safe", pure=True).parse(text))
        except (FullYamlError, RecursionError):
            raise SourceFileErrors([_syntax_mistake(refused, text, name)]) from refused
    if not isinstance(data, dict):
        what = "the file is empty" if data is None else "the file is no mapping"
        reader.mistakes.append(Mistake(Mark(name, 1), "", f"{what}: expected keys such as `source: shop`"))
        raise SourceFileErrors(reader.mistakes)
    if reader.mistakes:
        raise ReadWithMistakes(reader.mistakes, Document(data, reader.marks))
    return Document(data, reader.marks)


class _Reader:
    """Builds data and marks from a parser's events."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.marks: dict[YamlPath, Mark] = {}
        self.mistakes: list[Mistake] = []
        self._anchors: dict[str, tuple[Any, YamlPath]] = {}
        self._values = 0

    def document(self, events: Iterable[Any]) -> Any:
        stream = iter(events)
        data, documents = None, 0
        for event in stream:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    self._refuse(event, (), "a second document begins here: one file holds one source")
            elif kind not in ("StreamStartEvent", "StreamEndEvent", "DocumentEndEvent"):
                data = self._value(event, stream, ())
        return data

    def _value(self, event: Any, events: Iterator[Any], path: YamlPath) -> Any:
        self._count(event, path)
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self._alias(event, path)
        value: Any
        if kind == "MappingStartEvent":
            value = self._mapping(events, path)
        elif kind == "SequenceStartEvent":
            value = self._sequence(events, path)
        else:
            value = self._scalar(event, path)
        if event.anchor:
            self._anchors[event.anchor] = (value, path)
        return value

    def _mapping(self, events: Iterator[Any], path: YamlPath) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for event in events:
            if type(event).__name__ == "MappingEndEvent":
                break
            if type(event).__name__ != "ScalarEvent":
                self._refuse(event, path, "a key must be a plain text", fatal=True)
            key = event.value
            if key in mapping:
                self._refuse(
                    event, (*path, key), f"doubled key: it already stands in line {self.marks[*path, key].line}"
                )
            elif key == "<<":
                self._refuse(
                    event, (*path, key), "YAML 1.2 has no merge key: use `extends: FILE`, or *name for a whole value"
                )
            self.marks.setdefault((*path, key), self._mark(event))
            value = self._value(next(events), events, (*path, key))
            if key != "<<":
                mapping.setdefault(key, value)
        return mapping

    def _sequence(self, events: Iterator[Any], path: YamlPath) -> list[Any]:
        values: list[Any] = []
        for event in events:
            if type(event).__name__ == "SequenceEndEvent":
                break
            self.marks[*path, len(values)] = self._mark(event)
            values.append(self._value(event, events, (*path, len(values))))
        return values

    def _scalar(self, event: Any, path: YamlPath) -> Any:
        if event.tag not in (None, "!"):
            if event.tag != _STANDARD + "str":
                shown = event.tag.replace(_STANDARD, "!!")
                self._refuse(event, path, f"the tag `{shown}` means nothing here: write the value without it")
            return event.value
        value = plain_value(event.value) if event.implicit[0] else event.value
        if isinstance(value, int) and value.bit_length() > 63:
            self._refuse(event, path, "is too large for a number (64 bits): quote it")
        return value

    def _alias(self, event: Any, path: YamlPath) -> Any:
        if event.anchor not in self._anchors:
            self._refuse(
                event,
                path,
                f"`*{event.anchor}` names no value above it (&{event.anchor}); quote a text with *",
                fatal=True,
            )
        value, origin = self._anchors[event.anchor]
        return self._copy(event, value, origin, path)

    def _copy(self, event: Any, value: Any, origin: YamlPath, path: YamlPath) -> Any:
        self._count(event, path)
        parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        copies = {}
        for key, part in parts:
            self.marks[*path, key] = self.marks[*origin, key]
            copies[key] = self._copy(event, part, (*origin, key), (*path, key))
        return copies if isinstance(value, dict) else list(copies.values()) if isinstance(value, list) else value

    def _count(self, event: Any, path: YamlPath) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            self._refuse(
                event, (), f"the file holds more than {MAX_VALUES:,} values once its aliases are filled in", fatal=True
            )
        if len(path) > MAX_DEPTH:
            self._refuse(event, (), f"is nested more than {MAX_DEPTH} levels deep", fatal=True)

    def _mark(self, event: Any) -> Mark:
        return Mark(self.name, event.start_mark.line + 1, event.start_mark.column + 1)

    def _refuse(self, event: Any, path: YamlPath, message: str, *, fatal: bool = False) -> None:
        self.mistakes.append(Mistake(self._mark(event), dotted(path), message))
        if fatal:
            raise SourceFileErrors(self.mistakes)


def plain_value(text: str) -> Any:
    """An unquoted scalar by YAML 1.2's core schema.

    >>> [plain_value(text) for text in ("no", "1_000", "0o17", "1e3", "~", "2024-01-01")]
    ['no', '1_000', 15, 1000.0, None, '2024-01-01']
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789" or len(text) > 300:
        return text
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        return float(re.sub(r"\.(?=[a-z])", "", text.lower()))  # Python writes infinity and NaN without the dot
    return text


def _syntax_mistake(error: yaml.YAMLError, text: str, name: str) -> Mistake:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:  # a character that YAML does not allow at all
        position = getattr(error, "position", 0)
        found = getattr(error, "character", "")
        character = repr(chr(found) if isinstance(found, int) else found)
        return Mistake(
            Mark(name, text[:position].count("\n") + 1), "", f"the character {character} cannot stand in YAML"
        )
    context = getattr(error, "context_mark", None) or mark
    lines = text.splitlines() or [""]
    number, opened = (min(place.line, len(lines) - 1) for place in (mark, context))
    begun = f" (begun in line {opened + 1})" if opened != number else ""
    where = " ".join(filter(None, (getattr(error, "context", None), getattr(error, "problem", None))))
    hint = _hint(lines[number], lines[opened]) or _indentation(where)
    return Mistake(Mark(name, number + 1, mark.column + 1), "", f"not readable as YAML: {where}{begun}{hint}")


def _indentation(where: str) -> str:
    return "; is this line indented like those that it belongs to?" if "block" in where else ""


def _hint(line: str, opening: str) -> str:
    if re.match(r" *\t", line):
        return "; indent with spaces, not with tabs"
    flow = re.search(r"\{.*?(?:css|xpath|jmes|url|re|allow|deny): *[^\"'{\[ ][^,}]*[\[\]{}#]", opening)
    if re.search(r"\{[^\"']*\$\{", opening):
        return "; inside { } quote a text with ${...}: its braces are YAML's own there"
    if flow:
        return "; inside { } quote a value that holds any of , [ ] { } #"
    if re.search(r"[:{,] +[@`%&*!|>]", line):
        return "; quote a value that begins with @ ` % & * ! | >"
    if re.search(r":\s+[^\"'{\[].*: ", line):
        return "; quote a value that holds `: `"
    return ""
