"""Fields of JSON objects: scalars by name, nested objects, lists; the same for JSON-LD and for JSON answers."""

import dataclasses
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from scrapers.proposal.candidate import ProposedField
from scrapers.proposal.field_names import snake_case
from scrapers.proposal.value_types import guess_json, guess_text

__all__ = ["MAX_FIELDS", "jmes_path", "object_fields"]

MAX_FIELDS = 60
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_DEPTH = 2
_TELLING_KEYS = ("name", "text", "url", "contentUrl", "headline", "value")
_SITE_KEYS = frozenset(
    "isPartOf mainEntityOfPage potentialAction review reviews comment worstRating bestRating hasPart".split()  # noqa: SIM905
)
_MEASURES = re.compile(r"rating|value|latitude|longitude|weight|score|percent")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[a-zA-Z]+);")
_FEW = 3  # objects: so few numbers do not show whether there are halves
_CODES = re.compile(r"id$|sku|gtin|isbn|mpn|postal|phone|code|version", re.IGNORECASE)


@dataclasses.dataclass(slots=True)
class _Found:
    """One value of one object, and the way to it."""

    name: str
    path: str
    value: Any
    is_list: bool = False


def jmes_path(*keys: str) -> str:
    """A JMESPath of keys, quoted where they are no identifiers.

    >>> jmes_path("meta", "next-page")
    'meta."next-page"'
    """
    return ".".join(key if _PLAIN.fullmatch(key) else json.dumps(key) for key in keys)  # a quoted identifier is JSON


def object_fields(objects: Sequence[dict[str, Any]], *, schema_org: bool = False) -> list[ProposedField]:
    """The fields of these objects, in the order in which they are met.

    Args:
      schema_org: JSON-LD or microdata: `@` keys are left out, an object with a name stands for its name, and numbers
        may be written as text.
    """
    by_name: dict[str, list[_Found]] = {}
    counts: dict[str, int] = {}
    for thing in objects:
        mine = {found.name: found for found in reversed(list(_flatten(thing, (), schema_org)))}
        for name, found in reversed(mine.items()):
            by_name.setdefault(name, []).append(found)
            counts[name] = counts.get(name, 0) + 1
    fields = [_field(name, found, counts[name], schema_org) for name, found in by_name.items()]
    return fields[:MAX_FIELDS]


def _flatten(thing: dict[str, Any], above: tuple[str, ...], schema_org: bool) -> Iterator[_Found]:
    for key, value in thing.items():
        if value in (None, "", [], {}) or (schema_org and (key[0] == "@" or key in _SITE_KEYS)):
            continue
        keys = (*above, key)
        if isinstance(value, dict):
            yield from _flatten_object(value, keys, schema_org)
        elif isinstance(value, list):
            yield from _flatten_list(value, keys, schema_org)
        else:
            yield _Found(_name(keys, schema_org), jmes_path(*keys), value)


def _flatten_object(value: dict[str, Any], keys: tuple[str, ...], schema_org: bool) -> Iterator[_Found]:
    telling = _telling_key(value) if schema_org else None
    if telling is not None:
        yield _Found(_name(keys, schema_org), jmes_path(*keys, telling), value[telling])
        value = {
            key: each for key, each in value.items() if key != telling and key not in ("url", "sameAs", "image", "logo")
        }
        if keys[-1] in ("author", "publisher", "image", "brand"):
            return
    if len(keys) < _MOST_DEPTH:
        yield from _flatten(value, keys, schema_org)
    elif not schema_org:
        yield _Found(_name(keys, schema_org), jmes_path(*keys), value)


def _flatten_list(values: list[Any], keys: tuple[str, ...], schema_org: bool) -> Iterator[_Found]:
    name, path = _name(keys, schema_org), jmes_path(*keys)
    if not any(isinstance(value, dict | list) for value in values):
        yield _Found(name, path, values, is_list=True)
        return
    things = [value for value in values if isinstance(value, dict)]
    telling = _telling_key(things[0]) if schema_org and things else None
    if schema_org and keys[-1] in ("offers", "aggregateRating") and things:
        yield from (_Found(each.name, each.path.replace(path, f"{path}[0]", 1), each.value, each.is_list)
                    for each in _flatten(things[0], keys, schema_org))  # fmt: skip
    elif telling is not None and len(things) == len(values):
        texts = [thing[telling] for thing in things if isinstance(thing.get(telling), str)]
        yield _Found(name, f"{path}[].{jmes_path(telling)}", texts, is_list=True)
    else:
        yield _Found(name, path, values)


def _telling_key(thing: dict[str, Any]) -> str | None:
    """The key whose value stands for a schema.org object: a person's name, a step's text, a picture's address."""
    if "@type" not in thing:
        return None
    kind = str(thing["@type"])
    keys = ("url", "contentUrl") if "Image" in kind else ("text", "name") if "Step" in kind else _TELLING_KEYS
    return next((key for key in keys if isinstance(thing.get(key), str) and thing[key]), None)


def _name(keys: tuple[str, ...], schema_org: bool) -> str:
    if schema_org and keys[0] in ("offers", "aggregateRating", "address", "geo", "location") and len(keys) > 1:
        keys = keys[-1:]
    return snake_case("_".join(keys)) or "value"


def _field(name: str, found: list[_Found], count: int, schema_org: bool) -> ProposedField:
    paths = list(dict.fromkeys(each.path for each in found))
    rule: dict[str, Any] = {"jmes": paths[0]} if len(paths) == 1 else {"any": [{"jmes": path} for path in paths]}
    is_list = any(each.is_list for each in found)
    values = [value for each in found for value in (each.value if each.is_list else [each.value]) if value is not None]
    if is_list:
        rule["list"] = True
    rule.update(_type_of(name, values, schema_org))
    return ProposedField(name, rule, count, "", str(values[0]) if values else "")


def _type_of(name: str, values: list[Any], schema_org: bool) -> dict[str, Any]:
    plain = all(isinstance(value, str | int | float) and not isinstance(value, bool) for value in values)
    if schema_org and plain:
        return _schema_org_type(name, [str(value) for value in values])
    return guess_json(values)


def _schema_org_type(name: str, texts: list[str]) -> dict[str, Any]:
    """JSON-LD writes numbers as text and text as numbers; what one page shows need not hold for the next."""
    if _CODES.search(name):
        return {}
    if name.endswith(("price", "_amount")):
        return {"convert": "price", "type": "numeric"}
    guess = guess_text(texts)
    if guess.get("type") == "integer" and not name.endswith("count"):
        return {"type": "float"} if _MEASURES.search(name) else {} if len(texts) < _FEW else guess
    if not guess and any(map(_ENTITY.search, texts)):  # scripts hold no markup, and plugins escape it all the same
        return {"convert": "text"}
    return guess
