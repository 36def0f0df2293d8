"""Tables for the README."""

from collections.abc import Sequence

__all__ = ["markdown_table"]


def markdown_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column to the left, the others to the right.

    >>> print(markdown_table(["a", "b"], [["x", "1"]]))
    | a | b |
    |---|--:|
    | x | 1 |
    """
    lines = [headings, ["---", *["--:"] * (len(headings) - 1)], *rows]
    texts = ["| " + " | ".join(cells) + " |" for cells in lines]
    return "\n".join([texts[0], texts[1].replace(" ", ""), *texts[2:]])
