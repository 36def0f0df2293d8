"""A merged source as YAML, each value with a comment that says where it came from."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

__all__ = ["annotated_yaml"]


def annotated_yaml(values: Mapping[str, Any], origins: Mapping[str, str], folder: Path) -> str:
    """YAML of `values`; `origins` maps dotted keys to `file:line`, paths inside `folder` are said relative to it."""
    writer = YAML()
    writer.width = 120
    writer.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    writer.dump(_annotate(values, "", {key: _short(origin, folder) for key, origin in origins.items()}), text)
    return text.getvalue()


def _short(origin: str, folder: Path) -> str:
    path, _, line = origin.rpartition(":")
    try:
        return f"{Path(path).resolve().relative_to(folder.resolve())}:{line}"
    except ValueError:
        return origin


def _annotate(value: Any, path: str, origins: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return _annotate_mapping(value, path, origins)
    if isinstance(value, list):
        return CommentedSeq(_annotate(entry, f"{path}[{number}]", origins) for number, entry in enumerate(value))
    return value


def _annotate_mapping(values: Mapping[str, Any], path: str, origins: Mapping[str, str]) -> CommentedMap:
    mapping = CommentedMap()
    for key, value in values.items():
        inner = f"{path}.{key}" if path else str(key)
        mapping[key] = _annotate(value, inner, origins)
        if not isinstance(value, Mapping) and inner in origins:
            mapping.yaml_add_eol_comment(origins[inner], key)
    return mapping
