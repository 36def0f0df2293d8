"""The elements of a page by names that repeat: two cards of a listing have one path, whatever else varies."""

import dataclasses
import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["Element", "outline", "stable_classes"]

MAX_ELEMENTS = 40_000
SKIPPED = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "head",
        "iframe",
        "object",
        "select",
        "option",
        "textarea",
        "canvas",
        "link",
        "br",
        "wbr",
    ]
)
_STATES = frozenset(
    [
        "active",
        "current",
        "selected",
        "odd",
        "even",
        "first",
        "last",
        "alt",
        "hover",
        "open",
        "closed",
        "show",
        "hidden",
        "visible",
        "collapsed",
        "expanded",
        "lazy",
        "lazyload",
        "lazyloaded",
        "loaded",
        "loading",
        "disabled",
        "enabled",
        "new",
        "sale",
        "clearfix",
        "cf",
        "sticky",
        "js",
        "no-js",
    ]
)
_GENERATED = re.compile(
    r"\d{2,}|^(?:css|sc|jss|jsx|emotion|svelte|styles?)-|__[A-Za-z0-9]{5,}$|^_|[!:/\[\]()@.#%&]|^[a-z]+-[a-z]*\d[a-z0-9]*$"
)


@dataclasses.dataclass(slots=True, eq=False)
class Element:
    """One element of the page's tree.

    Attributes:
      label: tag and the class that it shares with most of its like: `article.product_pod`, `h3`.
      path: the labels from the body down to it.
      own_text: its direct text nodes, white space folded.
    """

    node: LexborNode
    tag: str
    classes: tuple[str, ...]
    parent: "Element | None"
    label: str = ""
    path: str = ""
    own_text: str = ""
    children: list["Element"] = dataclasses.field(default_factory=list)

    def walk(self) -> Iterator["Element"]:
        """Its descendants in document order, itself left out."""
        stack = list(reversed(self.children))
        while stack:
            element = stack.pop()
            yield element
            stack.extend(reversed(element.children))

    def ancestors(self) -> Iterator["Element"]:
        above = self.parent
        while above is not None:
            yield above
            above = above.parent

    @property
    def text(self) -> str:
        """The whole text, white space folded."""
        return " ".join(self.node.text(deep=True).split())


def stable_classes(names: str | None) -> tuple[str, ...]:
    """Classes that will still be there tomorrow: no generated names, no states, no numbers of single posts.

    >>> stable_classes("product_pod odd css-1x2y3z post-1234 card")
    ('product_pod', 'card')
    """
    return tuple(name for name in (names or "").split() if name.lower() not in _STATES and not _GENERATED.search(name))


def outline(page: LexborHTMLParser) -> list[Element]:
    """Every element of the body, parents before children, labelled."""
    if page.body is None:
        return []
    root = Element(page.body, "body", (), None, "body", "body")
    level, found = [root], [root]
    while level and len(found) < MAX_ELEMENTS:
        children = [child for element in level for child in _children(element)]
        _label(children)
        found.extend(children)
        level = children
    return found


def _children(parent: Element) -> Iterator[Element]:
    texts = []
    for node in parent.node.iter(include_text=True):
        if node.tag == "-text":
            texts.append(node.text(deep=False) or "")
        elif node.tag and node.tag[0] not in "-_!" and node.tag not in SKIPPED:
            element = Element(node, node.tag, stable_classes(node.attributes.get("class")), parent)
            parent.children.append(element)
            yield element
    parent.own_text = " ".join(" ".join(texts).split())


def _label(elements: list[Element]) -> None:
    """Names each by tag and by the class that is most frequent among those of the same tag under the same path."""
    buckets: dict[tuple[str, str], list[Element]] = defaultdict(list)
    for element in elements:
        above = element.parent.path if element.parent else ""
        buckets[above, element.tag].append(element)
    for (above, tag), bucket in buckets.items():
        frequency = Counter(name for element in bucket for name in set(element.classes))
        for element in bucket:
            shared = max(element.classes, key=lambda name: frequency[name], default="")
            element.label = f"{tag}.{shared}" if shared else tag
            element.path = f"{above}/{element.label}"
