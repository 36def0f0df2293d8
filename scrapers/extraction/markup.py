"""Parsed markup and its text, for everything that is handed either a tree or a string."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["Markup", "fold", "lines_of", "parsed", "text_of_markup"]

Markup = str | LexborHTMLParser | LexborNode

_UNSEEN = frozenset({"script", "style", "template", "noscript", "head", "-comment"})
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "optgroup",
        "option",
        "p",
        "pre",
        "search",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)


def parsed(markup: Markup) -> LexborHTMLParser | LexborNode:
    """The tree of a string; a tree as it is."""
    return LexborHTMLParser(markup) if isinstance(markup, str) else markup


def fold(text: str) -> str:
    """White space, no-break spaces included, folded to single spaces, none at the ends.

    >>> fold(" a\\xa0\\n b ")
    'a b'
    """
    return " ".join(text.split())


def lines_of(node: LexborNode) -> list[str]:
    """The text of an element, a new line at each block and `<br>`, every line folded, empty ones left out.

    What CSS renders by default as separate lines (HTML, "Rendering", flow content); scripts and styles have no text.
    """
    pieces: list[str] = []
    todo: list[LexborNode | str | None] = [node.first_child]
    while todo:
        at = todo.pop()
        if at is None:
            continue
        if isinstance(at, str):
            pieces.append(at)
            continue
        todo.append(at.next)
        text = at.text_content
        if text is not None:
            pieces.append(text.replace("\n", " ").replace("\r", " "))
            continue
        tag = at.tag
        if tag not in _UNSEEN:
            if tag in _BLOCKS:
                pieces.append("\n")
                todo.append("\n")
            todo.append(at.first_child)
    return [line for line in map(fold, "".join(pieces).split("\n")) if line]


def text_of_markup(markup: str) -> list[str]:
    """The lines of text in a string with tags and entities in it; line breaks of the string itself are kept."""
    body = LexborHTMLParser(markup.replace("\n", "<br>")).body
    return lines_of(body) if body is not None else []
