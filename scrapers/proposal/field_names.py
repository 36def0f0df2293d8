"""Readable column names from what a page gives: classes, labels, JSON keys, column headings."""

import re
import unicodedata
from collections.abc import Iterable

__all__ = ["snake_case", "unique_name", "words_of"]

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
_MAX_LENGTH = 60  # BigQuery allows 300; nobody types those


def snake_case(text: str) -> str:
    """A column name: lower-case ASCII letters, digits and underscores, not starting with a digit.

    >>> snake_case("datePublished"), snake_case("FG%"), snake_case("3P"), snake_case("Prix (€)"), snake_case("@id")
    ('date_published', 'fg_pct', 'n3p', 'prix', 'id')
    """
    text = text.replace("%", " pct ").replace("#", " number ").replace("+/-", " plus_minus ").replace("&", " and ")
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = "_".join(words_of(plain))[:_MAX_LENGTH].strip("_")
    return f"n{name}" if name[:1].isdigit() else name


def words_of(text: str) -> list[str]:
    """Lower-case words of a class name, key or heading: `product-cardTitle` gives product, card, title."""
    return [word for word in _NOT_A_WORD.split(_CAMEL.sub(" ", text).lower()) if word]


def unique_name(name: str, taken: Iterable[str]) -> str:
    """`name`, or `name_2`, `name_3`, ... when it is taken."""
    used = set(taken)
    number, free = 2, name
    while free in used:
        free, number = f"{name}_{number}", number + 1
    return free
