"""JSON answers: the list inside, and how the next one is asked for."""

import re
from collections.abc import Iterator
from typing import Any

from scrapers.proposal.candidate import Candidate
from scrapers.proposal.field_names import snake_case
from scrapers.proposal.json_fields import jmes_path, object_fields

__all__ = ["object_lists", "propose_json", "propose_lists"]

_NEXT_URL = re.compile(r"(?:^|_)next(?:_?(?:page|url|link|href|page_url))*$", re.IGNORECASE)
_CURSOR = re.compile(r"(?:next_?)?(?:page_?)?(?:cursor|token)$|^after$|continuation", re.IGNORECASE)
_PARAMETER = {
    "after": "after",
    "nextPageToken": "pageToken",
    "next_page_token": "page_token",
    "continuation": "continuation",
}
_DEEPEST = 5


def propose_json(answer: Any) -> list[Candidate]:
    """One candidate a list of objects, the one that says most first; an object without such a list is one item."""
    candidates = propose_lists(answer)
    if not candidates and isinstance(answer, dict):
        fields = object_fields([answer])
        candidates = [Candidate("json", "one JSON object", "items", None, fields, 1, float(len(fields)))]
    for candidate in candidates:
        candidate.next_rule, candidate.next_origin = _next_of(answer)
    return sorted(candidates, key=lambda candidate: candidate.score, reverse=True)


def propose_lists(value: Any) -> list[Candidate]:
    """One candidate a list of objects in a JSON value."""
    return [_candidate(path, objects) for path, objects in object_lists(value, ())]


def object_lists(value: Any, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[dict[str, Any]]]]:
    """(keys that lead there, objects) of every list of objects that is no member of another."""
    if isinstance(value, list):
        objects = [each for each in value if isinstance(each, dict)]
        if objects and len(objects) >= 0.9 * len(value):
            yield keys, objects
    elif isinstance(value, dict) and len(keys) < _DEEPEST:
        for key, each in value.items():
            yield from object_lists(each, (*keys, key))


def _candidate(keys: tuple[str, ...], objects: list[dict[str, Any]]) -> Candidate:
    fields = object_fields(objects)
    items = {"jmes": jmes_path(*keys) if keys else "@"}
    noun = snake_case(keys[-1]) if keys and keys[-1] not in ("data", "results", "items", "hits", "nodes") else "items"
    where = f"the list {items['jmes']}" if keys else "the answer, a list"
    points = min(len(fields), 20) * len(objects) ** 0.5
    return Candidate("json", f"{len(objects)} objects in {where}", noun or "items", items, fields, len(objects), points)


def _next_of(answer: Any) -> tuple[dict[str, Any] | None, str]:
    """The `next` rule: an address of the next answer, else a cursor; (None, "") when the answer names neither."""
    scalars = list(_scalars(answer, ()))
    for keys, value in scalars:
        if isinstance(value, str) and _NEXT_URL.search("_".join(keys)) and re.match(r"https?://|/|\?", value):
            return {"jmes": jmes_path(*keys)}, f"the answer's {'.'.join(keys)}"
    for keys, value in scalars:
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "" and _CURSOR.search(keys[-1]):
            rule = {"cursor": {"jmes": jmes_path(*keys)}, "param": _PARAMETER.get(keys[-1], "cursor")}
            return rule, f"the answer's {'.'.join(keys)}; check the parameter's name in the API's documentation"
    return None, ""


def _scalars(value: Any, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict) and len(keys) < _DEEPEST:
        for key, each in value.items():
            yield from _scalars(each, (*keys, str(key)))
    elif keys and not isinstance(value, list):
        yield keys, value
