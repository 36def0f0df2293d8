"""Design rule 5: what the text of an element is."""

from collections.abc import Iterable

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scrapers.extraction.markup import lines_of

__all__ = ["own_texts", "whole_text", "whole_texts"]

_CODE = frozenset(node.tag_id for node in LexborHTMLParser("<script></script><style></style>").css("script, style"))


def whole_text(node: LexborNode) -> str:
    """The element's whole text, white space folded; no scripts and styles in it, unless it is one itself.

    A `<br>` and the edge of a block part words, as they do on the screen.
    """
    first = node.first_child
    if first is None:
        return " ".join((node.text_content or "").split())
    if first.next is None:
        text = first.text_content
        if text is not None:
            if node.tag_id in _CODE:
                return "" if text.isspace() else text
            return " ".join(text.split())
    return " ".join(lines_of(node))


def whole_texts(nodes: list[LexborNode]) -> list[str]:
    """As `whole_text`, of many elements: most hold one text and nothing else."""
    only = [
        first if first is not None and first.next is None else None for first in [node.first_child for node in nodes]
    ]
    texts = [first.text_content if first is not None else None for first in only]
    if None in texts or not _CODE.isdisjoint([node.tag_id for node in nodes]):
        return [whole_text(node) for node in nodes]
    return [" ".join(text.split()) for text in texts if text is not None]


def own_texts(nodes: list[LexborNode]) -> list[str]:
    """The text nodes directly inside these elements (given in page order), in page order, as parsel's `::text`."""
    if len(nodes) == 1:
        return list(_children(nodes[0]))
    texts: list[str] = []
    chosen = {node.mem_id for node in nodes}
    walked: set[int] = set()
    for node in nodes:
        if node.mem_id in walked:
            continue
        first = node.first_child
        if first is None or (first.next is None and first.text_content is not None):
            texts += _children(node)
            continue
        for part in node.traverse(include_text=True):
            text = part.text_content
            if text is None:
                walked.add(part.mem_id)
            elif (around := part.parent) is not None and around.mem_id in chosen:
                texts.append(text)
    return texts


def _children(node: LexborNode) -> Iterable[str]:
    return (text for child in node.iter(include_text=True) if (text := child.text_content) is not None)
