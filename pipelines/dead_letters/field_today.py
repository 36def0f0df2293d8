"""What the source file of today says of a field that a letter names."""

import dataclasses
import io
import re
from collections.abc import Iterator, Mapping

from ruamel.yaml import YAML

from scrapers.source_files.loaded import LoadedSource
from scrapers.source_files.model_fields import FieldRule

__all__ = ["FieldToday", "field_today"]


@dataclasses.dataclass(frozen=True, slots=True)
class FieldToday:
    """A field's rule.

    Attributes:
      rule: as YAML, on one line.
      place: file and line; empty when nobody knows.
    """

    rule: str
    place: str


def field_today(loaded: LoadedSource, page_type: str, field: str) -> FieldToday | None:
    """The rule of a field (`offers[2].price`) in this page type, else in another one that the item went through."""
    names = [name for name in re.split(r"[.\[\]]+", field) if name and not name.isdecimal()]
    for path, fields in _fields(loaded, page_type):
        if (rule := _rule(fields, names)) is not None:
            key = f"{path}.{'.fields.'.join(names)}"
            return FieldToday(_as_yaml(names[-1], rule), _place(loaded, key))
    return None


def _fields(loaded: LoadedSource, page_type: str) -> Iterator[tuple[str, Mapping[str, FieldRule]]]:
    types = loaded.source.page_types()
    for name in sorted(types, key=lambda name: name != page_type):
        yield (f"pages.{name}.fields" if name in (loaded.source.pages or {}) else "fields"), types[name].fields


def _rule(fields: Mapping[str, FieldRule], names: list[str]) -> FieldRule | None:
    found: FieldRule | None = None
    for name in names:
        found = fields.get(name)
        if found is None:
            return None
        fields = found.fields or {}
    return found


def _as_yaml(name: str, rule: FieldRule) -> str:
    writer = YAML()
    writer.default_flow_style = True
    writer.width = 10_000
    text = io.StringIO()
    writer.dump(rule.model_dump(mode="json", by_alias=True, exclude_unset=True), text)
    return f"{name}: {text.getvalue().strip()}"


def _place(loaded: LoadedSource, key: str) -> str:
    """Where the field is written: where the first of its values comes from."""
    return next((origin for name, origin in loaded.origins.items() if name == key or name.startswith(f"{key}.")), "")
