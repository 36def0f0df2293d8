"""Which keys a mapping of a source file may have, and what a key that it may not have was meant to be."""

import functools
import types
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from scrapers.source_files.mistakes import YamlPath, nearest
from scrapers.source_files.model import Defaults, PageType, Source

__all__ = ["advice_on", "keys_at", "meant_by", "top_keys", "value_meant"]

_HABITS = {  # what other tools call it
    "name": "source",
    "start_urls": "seeds.urls",
    "starturls": "seeds.urls",
    "pagination": "next",
    "columns": "fields",
    "schema": "fields",
    "selector": "css",
    "regex": "re",
    "regexp": "re",
    "jsonpath": "jmes",
    "json_ld": "jsonld",
    "json-ld": "jsonld",
    "cast": "type",
    "values": "enum",
    "nullable": "required",
    "optional": "required",
    "multiple": "list",
    "robotstxt_obey": "politeness.robots",
    "download_delay": "politeness.delay_secs",
    "type": "fill",
    "input": "fill",
    "sleep": "wait",
    "wait_for": "wait",
    "wait_for_selector": "wait",
    "keyboard": "press",
    "infinite_scroll": "scroll",
    "show_more": "load_more",
}

_ADVICE = {
    "attr": 'the attribute stands in the selector, `css: "a::attr(href)"`',
    "attribute": 'the attribute stands in the selector, `css: "a::attr(href)"`',
    "headers": "what is sent stands under `request`",
    "cookies": "what is sent stands under `request`",
    "method": "what is sent stands under `request`",
}
_VALUES = {
    "type": {
        "decimal": "numeric", "number": "numeric", "money": "numeric", "int": "integer", "long": "integer",
        "str": "string", "text": "string", "url": "string", "bool": "boolean", "double": "float", "real": "float",
        "object": "json", "dict": "json",
    },
    "mode": {"static": "http", "dynamic": "browser", "playwright": "browser", "js": "browser"},
}  # fmt: skip


def keys_at(model: type[BaseModel], path: YamlPath) -> dict[str, Any]:
    """The keys (as they are written) of the mapping at a path, with their types; empty when any key may stand there."""
    kinds: list[Any] = [model]
    for part in path:
        kinds = [inner for kind in kinds for inner in _inside(kind, part)]
    return {key: inner for kind in kinds if _is_model(kind) for key, inner in _fields(kind).items()}


def _is_model(kind: Any) -> typing.TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


@functools.cache
def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _inside(kind: Any, part: str | int) -> Iterator[Any]:
    """The types that the entry `part` of a value of this type may have."""
    if _is_model(kind):
        if part in _fields(kind):
            yield from _alternatives(_fields(kind)[str(part)])
    elif typing.get_origin(kind) in (dict, list):
        yield from _alternatives(typing.get_args(kind)[-1])


def _alternatives(kind: Any) -> Iterator[Any]:
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        for one in typing.get_args(kind):
            yield from _alternatives(one)
    elif typing.get_origin(kind) is typing.Annotated:
        yield from _alternatives(typing.get_args(kind)[0])
    else:
        yield kind


def meant_by(key: str, known: dict[str, Any], *, top: bool) -> str:
    """The key that was most likely meant: a near one, one that stands elsewhere, or our word for another tool's."""
    near = nearest(key, known) or ("" if len(key) < 4 else next((one for one in known if one.startswith(key)), ""))
    habit = _HABITS.get(key.lower(), "")
    if habit and habit.partition(".")[0] in known and not (near and near.lower() == key.lower()):
        return habit
    if near:
        return near
    holders = [f"{holder}.{key}" for holder in known if key in _inner_keys(known[holder])]
    if holders:
        return holders[0]
    return "" if top or key not in _fields(Source) else f"{key} at the top of the file"


def advice_on(key: str) -> str:
    """What to do instead of a key that other tools have; empty for none."""
    return _ADVICE.get(key.lower(), "")


def value_meant(key: str, value: Any, choices: list[str]) -> str:
    """The choice that was most likely meant."""
    if len(choices) == 1:
        return choices[0]
    habit = _VALUES.get(key, {}).get(str(value).lower(), "")
    return habit if habit in choices else nearest(str(value), choices)


def _inner_keys(kind: Any) -> set[str]:
    return {key for one in _alternatives(kind) if _is_model(one) for key in _fields(one)}


def top_keys() -> set[str]:
    """Every key that may stand at the top of a source file or of `scrapeline.yaml`."""
    return {*_fields(Source), *_fields(Defaults), *_fields(PageType)}
