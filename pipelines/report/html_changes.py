"""What changed in a page's HTML between two runs: the lines that went and came, a tag a line."""

import difflib
import re
from collections.abc import Sequence

__all__ = ["html_changes"]

CHARACTERS = 100_000
LINES = 4_000
SHOWN = 80
_LINE_CHARACTERS = 200
_BETWEEN_TAGS = re.compile(r">\s*<")


def html_changes(before: str, after: str) -> Sequence[str]:
    """Lines that begin with `-` (gone), `+` (new) or a space (beside them), at most SHOWN; only the pages' first
    CHARACTERS are compared.

    >>> html_changes("<ul><li>One</li></ul>", "<ul> <li class='x'>One</li></ul>")
    [' <ul>', '-<li>One</li>', "+<li class='x'>One</li>", ' </ul>']
    """
    changes = difflib.unified_diff(_lines(before), _lines(after), n=1, lineterm="")
    told = [line for line in changes if not line.startswith(("---", "+++", "@@"))]
    if len(told) <= SHOWN:
        return told
    return [*told[:SHOWN], f" … and {len(told) - SHOWN:,} lines more"]


def _lines(html: str) -> list[str]:
    lines = _BETWEEN_TAGS.sub(">\n<", html[:CHARACTERS]).splitlines()
    return [line.strip()[:_LINE_CHARACTERS] for line in lines if line.strip()][:LINES]
