"""Validates the shape of a file: every mistake that pydantic finds, in the words of the person who wrote the file.

A mistake is mended for the checks that follow (a misspelt key is taken as the one that was meant, a wrong value is left
out), so that one mistake does not hide another, and none is reported that only follows from it.
"""

import copy
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scrapers.source_files.key_names import advice_on, keys_at, meant_by, value_meant
from scrapers.source_files.mistakes import Finding, YamlPath, shown
from scrapers.source_files.model import Source

__all__ = ["Shaped", "shape"]

ModelT = TypeVar("ModelT", bound=BaseModel)
_ROUNDS = 12
_FREE = frozenset(("const", "default", "map", "enum", "json", "params", "form", "query", "secrets"))
_GONE = object()


@dataclasses.dataclass(slots=True)
class Shaped(Generic[ModelT]):
    """A validated file.

    Attributes:
      model: None when too little of it could be understood.
      findings: the mistakes.
      mended: the paths that were changed or left out.
      renamed: path under the key that was meant -> path under the one that stands in the file.
    """

    model: ModelT | None
    findings: list[Finding]
    mended: set[YamlPath]
    renamed: dict[YamlPath, YamlPath] = dataclasses.field(default_factory=dict)


def shape(model: type[ModelT], data: dict[str, Any]) -> Shaped[ModelT]:
    """The data as a model, with every mistake in its shape."""
    shaped: Shaped[ModelT] = Shaped(None, list(_nulls(data, ())), set())
    if not shaped.findings:
        try:
            shaped.model = model.model_validate(data, by_alias=True, by_name=False)
        except ValidationError:
            pass
        else:
            return shaped
    data = copy.deepcopy(data)
    for finding in reversed(shaped.findings):
        _mend(data, finding.path, _GONE)
    _mend_all(shaped, model, data)
    shaped.mended = {finding.path for finding in shaped.findings}
    return shaped


def _mend_all(shaped: Shaped[ModelT], model: type[ModelT], data: dict[str, Any]) -> None:
    """Validates and mends in turn, since what a misspelt key holds is only looked at under its right name."""
    for _ in range(_ROUNDS):
        try:
            shaped.model = model.model_validate(data, by_alias=True, by_name=False)
            return
        except ValidationError as error:
            found = list(_translated(error, model, data))
        known = {finding.path for finding in shaped.findings}
        shaped.findings += [finding for finding, _ in found if finding.path not in known]
        for finding, mended in sorted(found, key=lambda one: _order(one[0].path), reverse=True):
            _mend(data, finding.path, mended)
            if isinstance(mended, _Renamed):
                shaped.renamed[*finding.path[:-1], str(mended)] = finding.path


def _nulls(value: Any, path: YamlPath) -> Iterator[Finding]:
    if value is None and path and not _FREE.intersection(path):
        known = keys_at(Source, path[:-1])
        if known and path[-1] not in known and len(path) > 1:
            yield Finding(path, "is no key here, and has no value: quote the text before it if that has a comma")
            return
        hint = "a text that begins with # must be quoted" if path[-1] in ("css", "xpath", "url") else ""
        yield Finding(path, f"has no value: {hint or 'give it one, or take the key away'}")
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from _nulls(part, (*path, key))


def _mend(data: Any, path: YamlPath, value: Any) -> None:
    """Puts a value (or a str subclass `_Renamed`: another key) at a path; _GONE takes it away."""
    *above, last = path or [""]
    for key in above:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(value, _Renamed) and isinstance(data, dict):
        if last in data and str(value) not in data:
            data[str(value)] = data.pop(last)
            return
        value = _GONE
    if value is not _GONE and isinstance(data, dict):
        data[str(last)] = value
    elif isinstance(data, dict):
        data.pop(last, None)
    elif isinstance(data, list) and isinstance(last, int) and last < len(data):
        del data[last]


def _order(path: YamlPath) -> list[tuple[bool, int | str]]:
    return [(isinstance(part, str), part) for part in path]


class _Renamed(str):
    """The key that a misspelt one stands for."""


def _translated(error: ValidationError, model: type[BaseModel], data: dict[str, Any]) -> Iterator[tuple[Finding, Any]]:
    chosen: dict[YamlPath, str] = {}
    placed = [(details, *_placed(details, data)) for details in error.errors(include_url=False)]
    right = [one for one in placed if all(_fits(place, tag, data, chosen) for place, tag in one[2])]
    for details, path, _ in right or placed[:1]:
        yield _finding(details, path, model, data)


def _fits(place: YamlPath, tag: str, data: Any, chosen: dict[YamlPath, str]) -> bool:
    """Whether to report what an alternative says: that of a list for lists, else the first that is none for scalars."""
    for key in place:
        data = data[key]
    is_scalar = tag in ("str", "int", "float", "bool")
    if isinstance(data, list) != tag.startswith("list") or (isinstance(data, dict) and is_scalar):
        return False
    return chosen.setdefault(place, tag) == tag


def _placed(details: ErrorDetails, data: Any) -> tuple[YamlPath, list[tuple[YamlPath, str]]]:
    """The path in the file, and the alternatives (`Follow`, `list[Follow]`) that pydantic tried on the way."""
    path: YamlPath = ()
    branches: list[tuple[YamlPath, str]] = []
    for number, part in enumerate(details["loc"]):
        is_last = number == len(details["loc"]) - 1
        if part in (data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()):
            data = data[part]
        elif not (is_last and details["type"] == "missing"):
            branches.append((path, str(part)))
            continue
        path = (*path, part)
    return path, branches


def _finding(details: ErrorDetails, path: YamlPath, model: type[BaseModel], data: Any) -> tuple[Finding, Any]:
    kind, given, limits = details["type"], details["input"], details.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(path, model, data)
    if kind == "missing":
        if path == ("source",):
            return Finding(path, "expected a name"), "unnamed"
        lacking = "expected one value more" if isinstance(path[-1], int) else f"`{path[-1]}` is missing here"
        return Finding(path[:-1], lacking), _GONE
    if kind == "literal_error":
        choices = str(limits["expected"]).replace(" or ", ", ").replace("'", "").split(", ")
        near = value_meant(str(path[-1]), given, choices)
        return Finding(path, f"{shown(given)}: expected one of {', '.join(choices)}", near), near or _GONE
    return Finding(path, f"{shown(given)}: {_expected(kind, given, limits, path)}"), _GONE


def _unknown_key(path: YamlPath, model: type[BaseModel], data: Any) -> tuple[Finding, Any]:
    known = keys_at(model, path[:-1])
    if advice := advice_on(str(path[-1])):
        return Finding(path, f"unknown key: {advice}"), _GONE
    meant = meant_by(str(path[-1]), known, top=len(path) == 1)
    listed = "" if meant or len(known) > 16 else f"; known here: {', '.join(known)}"
    mended = _Renamed(meant) if meant in known else _GONE
    return Finding(path, f"unknown key{listed}", meant), mended


def _expected(kind: str, given: Any, limits: dict[str, Any], path: Sequence[str | int]) -> str:
    if kind == "string_type":
        return "expected a text; quote it" if isinstance(given, int | float) else "expected a text"
    if kind == "bool_type":
        is_word = str(given).lower() in ("yes", "no", "on", "off")
        return "expected true or false" + (" (yes, no, on and off are texts in YAML 1.2)" if is_word else "")
    if kind in ("int_type", "int_from_float", "int_parsing"):
        return "expected a whole number"
    if kind in ("float_type", "float_parsing"):
        return "expected a number"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return f"expected a mapping of keys to values{_example(given, path)}"
    if kind == "list_type":
        return "expected a list"
    if kind == "string_pattern_mismatch":
        return "expected a name of letters, digits, _ and - that begins with a letter"
    for limit, words in {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}.items():
        if limit in limits:
            return f"expected {words} {limits[limit]:g}"

    return f"expected otherwise ({kind.replace('_', ' ')})"


def _example(given: Any, path: Sequence[str | int]) -> str:
    if not isinstance(given, str):
        return ""
    if "steps" in path[-2:-1]:
        return ", e.g. {click: a.more}; only `scroll` may stand alone"
    if path[-1] == "follow":
        return f", e.g. {{to: {given}, url: {{css: a}}}}"
    holds_selector = path[-1] in ("items", "next", "where", "ready", "within") or "fields" in path
    return f", e.g. {{css: {shown(given)}}}" if holds_selector else ""
