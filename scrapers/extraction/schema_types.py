"""schema.org types as pages spell them."""

from collections.abc import Iterable
from typing import Any

__all__ = ["short_type", "wanted_types"]


def short_type(name: str) -> str:
    """The last part of a type's name or address, in lower case.

    >>> short_type("http://schema.org/Recipe"), short_type("schema:Recipe"), short_type("Recipe/")
    ('recipe', 'recipe', 'recipe')
    """
    name = name.strip().rstrip("/#")
    for mark in "/#:":
        name = name.rpartition(mark)[2]
    return name.lower()


def wanted_types(types: Iterable[str]) -> frozenset[str]:
    """What `has_type` compares with."""
    return frozenset(map(short_type, types))


def types_of(node: dict[str, Any]) -> set[str]:
    """The short types of a JSON-LD node; empty when it has none."""
    named = node.get("@type")
    if isinstance(named, str):
        return {short_type(named)}
    if isinstance(named, list):
        return {short_type(name) for name in named if isinstance(name, str)}
    return set()
