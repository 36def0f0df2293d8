"""Items in items: a page may nest a few; thousands are an attack, since each is read with all that lies in it."""

from collections.abc import Sequence
from typing import Any

from selectolax.lexbor import LexborNode

from scrapers.extraction.html_tree import NestedTooDeeply

__all__ = ["refuse_nested"]

_FEW = 500
_DEEPEST = 100


def refuse_nested(nodes: Sequence[Any]) -> None:
    """Refuses items of which one lies in more than 100 others; anything but elements lies in nothing.

    Raises:
      NestedTooDeeply: reading them would take the square of their number.
    """
    if len(nodes) <= _FEW or not isinstance(nodes[0], LexborNode):
        return
    depth: dict[int, int] = {node.mem_id: 0 for node in nodes}
    for node in nodes:  # in page order: what lies around a node comes before it
        around = node.parent
        for _ in range(_DEEPEST):
            if around is None or around.mem_id in depth:
                break
            around = around.parent
        inside = depth.get(around.mem_id) if around is not None else None
        if inside is not None:
            depth[node.mem_id] = inside + 1
            if inside >= _DEEPEST:
                raise NestedTooDeeply(f"items lie in each other more than {_DEEPEST} deep: does the selector fit?")
