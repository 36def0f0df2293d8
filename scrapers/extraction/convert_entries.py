"""Lists as schema.org gives them (HowToSection, HowToStep, ItemList, texts, one text with all of them) as texts."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from scrapers.extraction.convert_context import ConvertContext, Converter
from scrapers.extraction.convert_text import lines_in
from scrapers.extraction.schema_types import types_of

__all__ = ["CONVERTERS"]

_INSIDE = ("itemListElement", "step", "steps", "item")
_DEEPEST = 12
_NAMES = ("sections", "all", "none")
_WORD = re.compile(r"\w")
_NUMBERED = re.compile(r"[^\W\d]*\W*\d+\W*")
_GAPS = re.compile(r"[\W_]+")


def entries(names: str = "all") -> Converter:
    """A list of texts in their order, one for each step or item; one text that holds all of them is split at its lines.

    Args:
      names: `all` keeps the names of sections and steps as texts of their own where they say something (`Step 3` and
        the beginning of the text do not), `sections` only those of sections, `none` neither.
    """
    if names not in _NAMES:
        raise ValueError(f"option `names`: expected one of {', '.join(_NAMES)}, not {names!r}")

    def convert(value: Any, _: ConvertContext) -> list[str]:
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        texts = lines_in(value) if isinstance(value, str) else list(_texts(value, names, 0))
        return [text for text in texts if _WORD.search(text)]

    return convert


def _texts(value: Any, names: str, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield " ".join(lines_in(value))
    elif isinstance(value, list) and depth < _DEEPEST:
        for each in value:
            yield from _texts(each, names, depth + 1)
    elif isinstance(value, dict) and depth < _DEEPEST:
        below = [text for key in _INSIDE for text in _texts(value.get(key), names, depth + 1)]
        own = list(_texts(value.get("text") or value.get("description"), names, depth + 1))
        name = " ".join(_texts(value.get("name"), names, depth + 1))
        is_section = bool(below) and "howtostep" not in types_of(value)
        if not below and not own:
            yield name  # all that there is
        elif (names == "all" or (names == "sections" and is_section)) and _says_more(name, " ".join(below or own)):
            yield name
        yield from below or own


def _says_more(name: str, text: str) -> bool:
    """Whether a name is neither a number nor how the text begins, spaces, case and dots aside."""
    if _NUMBERED.fullmatch(name):
        return False
    return not _GAPS.sub("", text.lower()).startswith(_GAPS.sub("", name.lower()))


CONVERTERS: dict[str, Callable[..., Converter]] = {"entries": entries}
