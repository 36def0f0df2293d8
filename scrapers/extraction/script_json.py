"""JSON that a page hands to its own scripts: data blocks, assigned literals, arguments."""

import re
from typing import Any

from scrapers.extraction.markup import Markup, parsed
from scrapers.extraction.tolerant_json import Unreadable, first_value, values

__all__ = ["find"]

_NOT_DATA = frozenset({"application/ld+json", "importmap", "speculationrules", "text/template", "text/html"})
_SCRIPT_TYPES = frozenset({"", "module", "text/javascript", "application/javascript", "text/ecmascript"})
_BEGIN = re.compile(r"""(?<![=!<>])=\s*([\[{])|\bJSON\.parse\(\s*(["'`])|[(,]\s*(\{\s*"|\[\s*[\[{"\d])""")
_MOST_TRIES = 200
_MOST_IN_VAIN = 500_000  # characters read for nothing: about a second
_LEAST_LENGTH = 12


def find(markup: Markup) -> list[Any]:
    """Every JSON object and array in the page's script elements, in page order; JSON-LD is left to `jsonld`.

    `<script type="application/json">` as a whole; in JavaScript the object and array literals that are assigned or
    passed to a function, and the texts given to `JSON.parse`. Literals of less than 12 characters are noise.

    >>> find("<script>window.state = {items: [1, 2, 3]};</script>")
    [{'items': [1, 2, 3]}]
    """
    found: list[Any] = []
    for node in parsed(markup).css("script:not([src])"):
        kind = (node.attributes.get("type") or "").partition(";")[0].strip().lower()
        if kind in _NOT_DATA:
            continue
        text = node.text(deep=True)
        found += _literals(text) if kind in _SCRIPT_TYPES else _block(text)
    return found


def _block(text: str) -> list[Any]:
    try:
        return [value for value in values(text) if isinstance(value, dict | list)]
    except ValueError:
        return []


def _literals(script: str) -> list[Any]:
    found: list[Any] = []
    position = tries = in_vain = 0
    while tries < _MOST_TRIES and in_vain < _MOST_IN_VAIN:
        begin = _BEGIN.search(script, position)
        if begin is None:
            break
        tries += 1
        position = begin.start(begin.lastindex or 0)
        try:
            value, end = first_value(script, position)
            if isinstance(value, str):
                value = values(value)[0]
        except (ValueError, IndexError) as error:
            in_vain += error.end - position if isinstance(error, Unreadable) else 0
            position += 1
            continue
        if isinstance(value, dict | list) and end - position >= _LEAST_LENGTH:
            found.append(value)
        position = end
    return found
