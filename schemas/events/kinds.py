"""The kinds of events and their JSON Schemas."""

import dataclasses
import functools
import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import jsonschema

__all__ = ["KINDS", "kind_of_type", "problems", "schema_of"]

KINDS: Mapping[str, str] = {
    "scrape.requested": "scrape_requested.json",
    "scrape.continued": "scrape_continued.json",
    "scraper.complete": "scraper_complete.json",
    "execution.complete": "execution_complete.json",
}
"""Kind -> its schema's file. All are of version 1."""

VERSION = 1


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """Something that a schema does not allow, and where."""

    where: str
    why: str


def kind_of_type(text: str) -> tuple[str, int]:
    """(kind, version) of a CloudEvents type; one that names no version is of the first.

    >>> kind_of_type("scrape.requested.v2"), kind_of_type("scrape.requested")
    (('scrape.requested', 2), ('scrape.requested', 1))
    """
    kind, dot, version = text.rpartition(".v")
    return (kind, int(version)) if dot and version.isdecimal() else (text, VERSION)


@functools.cache
def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind's data. Raises KeyError for a kind that there is not."""
    text = resources.files(__package__).joinpath(KINDS[kind]).read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@functools.cache
def _validator(kind: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema_of(kind))


def problems(kind: str, data: object) -> Iterator[Problem]:
    """What of the data does not fit its schema, in the order of the data."""
    errors = sorted(_validator(kind).iter_errors(data), key=lambda error: list(map(str, error.absolute_path)))
    for error in errors:
        yield Problem("data" + error.json_path[1:], _said(error))


def _said(error: jsonschema.ValidationError) -> str:
    """The validator's words; those of `oneOf` show the whole event and not what is missing."""
    if error.validator == "oneOf":
        options: Any = error.validator_value
        wanted = " or ".join(f"`{option['required'][0]}`" for option in options)
        return f"{wanted} is needed, and not both"
    return error.message[:500]
