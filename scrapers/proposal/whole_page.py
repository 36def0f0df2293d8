"""A page that is one item: its title, its Open Graph properties, its main text."""

from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from scrapers.extraction import opengraph
from scrapers.proposal.candidate import Candidate, ProposedField
from scrapers.proposal.field_names import snake_case
from scrapers.proposal.value_types import guess_text

__all__ = ["propose_whole_page"]

_PROPERTIES = (  # noqa: SIM905  words read better as a text
    "og:title og:description og:image og:url og:type og:site_name article:published_time article:modified_time "
    "article:author article:section article:tag product:price:amount product:price:currency product:availability "
    "product:brand book:isbn book:author"
).split()
_URLS = frozenset({"og:image", "og:url"})
_NAMES = {
    "og:title": "title",
    "article:tag": "tags",
    "product:price:amount": "price",
    "product:price:currency": "currency",
}
_TEXTS = (("author", "[rel=author]"), ("date", "time::attr(datetime)"), ("text", "article"), ("text", "main"))


def propose_whole_page(page: LexborHTMLParser) -> Candidate:
    """What nearly every page has; the weakest candidate, and never none."""
    fields = list(_opengraph_fields(page))
    taken = {field.name for field in fields}
    for name, selector in (
        ("title", "h1"),
        ("title", "title"),
        ("description", "meta[name=description]::attr(content)"),
        *_TEXTS,
    ):
        value = _value(page, selector)
        if name not in taken and value:
            taken.add(name)
            rule = {"css": selector, **(guess_text([value]) if name == "date" else {})}
            fields.append(ProposedField(name, rule, 1, "", value))
    points = min(len(fields), 10) * (0.6 if page.css_first("meta[property='og:type'][content='article']") else 0.2)
    return Candidate("page", "the page itself", "pages", None, fields, 1, points)


def _opengraph_fields(page: LexborHTMLParser) -> Iterator[ProposedField]:
    properties = opengraph.properties(page)
    for name in _PROPERTIES:
        values = [value for value in properties.get(name, []) if value]
        if not values:
            continue
        rule: dict[str, object] = {"opengraph": name}
        if name == "article:tag":
            rule["list"] = True
        rule |= {"convert": "url"} if name in _URLS else _typed(name, values[0])
        yield ProposedField(_NAMES.get(name) or snake_case(name.partition(":")[2]), rule, 1, "Open Graph", values[0])


def _typed(name: str, value: str) -> dict[str, object]:
    if name == "product:price:amount":
        return {"convert": "price", "type": "numeric"}
    return guess_text([value]) if name.endswith("_time") else {}


def _value(page: LexborHTMLParser, selector: str) -> str:
    css, _, attribute = selector.partition("::attr(")
    node = page.css_first(css)
    if node is None:
        return ""
    text = node.attributes.get(attribute.rstrip(")")) if attribute else node.text(deep=True)
    return " ".join((text or "").split())
