"""The JSON Schema of a source file, made from its model: editors complete and check with it."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from scrapers.source_files.model import Defaults, Source

__all__ = ["defaults_schema", "editor_schema"]

DRAFT = "http://json-schema.org/draft-07/schema#"
"""The draft that the YAML language server knows best."""


def editor_schema() -> dict[str, Any]:
    """The schema of a source file."""
    schema = _schema_of(
        Source, "Scrapeline source", "One web source: where it starts, what its pages hold, where rows go."
    )
    schema["properties"]["status"] = _status(schema["properties"]["status"])
    schema["required"] = ["source"]
    return schema


def defaults_schema() -> dict[str, Any]:
    """The schema of `scrapeline.yaml`."""
    schema = _schema_of(Defaults, "Scrapeline defaults", "What all sources of a folder share.")
    schema["properties"]["status"] = _status(schema["properties"]["status"])
    return schema


def _schema_of(model: type[BaseModel], title: str, description: str) -> dict[str, Any]:
    schema: dict[str, Any] = _tidy(model.model_json_schema(by_alias=True, ref_template="#/definitions/{model}"))
    schema["definitions"] = schema.pop("$defs", {})
    _walk(schema, _drop_titles)
    return {"$schema": DRAFT, **schema, "title": title, "description": description}


def _status(policies: dict[str, Any]) -> dict[str, Any]:
    """Statuses are keys: `404`, or a class, `4xx`."""
    return {
        **{key: value for key, value in policies.items() if key != "additionalProperties"},
        "patternProperties": {"^[1-5]([0-9][0-9]|xx)$": policies["additionalProperties"]},
        "additionalProperties": False,
    }


def _tidy(schema: Any) -> Any:
    """Without the nulls that stand for keys left out: in a file, a key without a value is a mistake."""
    if isinstance(schema, list):
        return [_tidy(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {key: _tidy(part) for key, part in schema.items()}
    choices = tidy.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        left = [choice for choice in choices if choice != {"type": "null"}]
        del tidy["anyOf"]
        tidy = {**tidy, **left[0]} if len(left) == 1 else {**tidy, "anyOf": left}
    if "default" in tidy and tidy["default"] in (None, {}, []):
        del tidy["default"]
    return tidy


def _walk(schema: Any, change: Callable[[dict[str, Any]], None]) -> None:
    if isinstance(schema, dict):
        change(schema)
        for part in schema.values():
            _walk(part, change)
    elif isinstance(schema, list):
        for part in schema:
            _walk(part, change)


def _drop_titles(schema: dict[str, Any]) -> None:
    """pydantic titles every key with its own name; a `$ref` with siblings is read as the reference alone in draft 7."""
    if isinstance(schema.get("title"), str):
        del schema["title"]
    if "$ref" in schema and len(schema) > 1:
        schema["allOf"] = [{"$ref": schema.pop("$ref")}]
    for name, rule in schema.get("properties", {}).items():
        if name in ("const", "default") and isinstance(rule, dict):
            rule.pop("title", None)
