"""Where a rendered page has its data from: answers that it fetched for itself and that hold what it shows."""

import dataclasses
import re
from collections.abc import Iterable, Iterator
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from schemas.page import Captured, Page
from scrapers.extraction.tolerant_body import BadDocument, load_json
from scrapers.fetching.charset import decode
from scrapers.proposal.json_answers import object_lists
from scrapers.proposal.json_fields import jmes_path

__all__ = ["DataSource", "find_data_sources"]

_LEAST_SHARE = 0.1  # of the page's texts: less is a menu, or chance
_LEAST_OBJECTS = 2  # that the page shows
_UNSEEN = "script, style, template, noscript, head"
_SHORTEST = 3  # characters of a text that tells one object from another
_MOST_TEXTS = 20_000
_DEEPEST = 4
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_TAG = re.compile(r"<[^<>]{1,300}>")


@dataclasses.dataclass(frozen=True, slots=True)
class DataSource:
    """An answer that could be scraped instead of the page.

    Attributes:
      url: of the answer.
      jmes: path to the list of objects in it.
      count: objects in the list.
      shown: those of them that the page shows.
      share: of the page's visible texts, those that stand in the list; 0 to 1.
    """

    url: str
    jmes: str
    count: int
    shown: int
    share: float

    def __str__(self) -> str:
        return (
            f"this page loads its data from {self.url}: scrape that instead "
            f"({self.count} objects in `{self.jmes}`; {self.share:.0%} of the page's texts stand there)"
        )


def find_data_sources(page: Page) -> list[DataSource]:
    """The answers of a rendered page that hold what it shows, the one that holds most first."""
    if not page.captured:
        return []
    texts = _visible(decode(page.body, page.header("content-type")))
    found = [source for answer in page.captured for source in _of_answer(answer, texts)]
    return sorted(found, key=lambda source: (source.share, source.shown), reverse=True)


def _of_answer(answer: Captured, texts: set[str]) -> Iterator[DataSource]:
    try:
        value = load_json(answer.body, lambda: decode(answer.body, answer.content_type))
    except BadDocument:
        return
    for keys, objects in object_lists(value):
        said = [set(_texts(each)) for each in objects]
        shown = sum(any(len(text) >= _SHORTEST and text in texts for text in one) for one in said)
        share = len(texts & set().union(*said)) / len(texts) if texts else 0.0
        if shown >= _LEAST_OBJECTS and share >= _LEAST_SHARE:
            yield DataSource(answer.url, jmes_path(*keys) if keys else "@", len(objects), shown, share)


def _visible(html: str) -> set[str]:
    """The different texts of a page, each as it is compared."""
    tree = LexborHTMLParser(html)
    for node in tree.css(_UNSEEN):
        node.decompose()
    root = tree.root
    return set(_compared(_texts_of(root))) if root is not None else set()


def _texts_of(root: LexborNode) -> Iterator[str]:
    for number, node in enumerate(root.traverse(include_text=True)):
        if number > _MOST_TEXTS:
            return
        text = node.text_content
        if text is not None:
            yield text


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    """What an object says, each as it is compared."""
    if isinstance(value, dict | list) and depth < _DEEPEST:
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each, depth + 1)
    elif isinstance(value, str):
        yield from _compared([value, *(_TAG.split(value) if "<" in value else ())])
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _compared([str(value)])


def _compared(texts: Iterable[str]) -> Iterator[str]:
    """Texts in one spelling; a price by its number alone, for answers have no currency signs and other zeros."""
    for text in texts:
        folded = " ".join(text.split()).casefold()
        numbers = _NUMBER.findall(folded)
        if len(numbers) == 1 and len(folded) - len(numbers[0]) <= 4:
            yield _plain(numbers[0])
        elif len(folded) > 1:
            yield folded


def _plain(number: str) -> str:
    """A number without its thousands' separators and needless zeros: `1,299.50` and `1299.5` are one."""
    whole, point, rest = number.replace(",", ".").rpartition(".")
    if not point or len(rest) == 3:
        return (whole + rest).replace(".", "").lstrip("0") or "0"
    rest = rest.rstrip("0")
    return (whole.replace(".", "").lstrip("0") or "0") + (f".{rest}" if rest else "")
