"""One page type of a source, compiled: what `Scraper` reads its pages with."""

from collections.abc import Callable
from typing import Any

from schemas.reading import Item
from scrapers.extraction.document import Document
from scrapers.extraction.fields import compile_fields
from scrapers.extraction.follow import FollowRule
from scrapers.extraction.items import ItemFinder
from scrapers.extraction.next_page import NextPage
from scrapers.extraction.page_items import ItemReader
from scrapers.extraction.python_scrapers import function_in
from scrapers.extraction.unwritten import unwritten_of
from scrapers.source_files.load import LoadedSource
from scrapers.source_files.model import Alternative, FetchRules, FieldRule, PageType

__all__ = ["CompiledPage", "compile_pages"]

Hook = Callable[[Item], Item | None]
_LOOKING = ("css", "xpath", "jmes", "jsonld", "microdata", "opengraph", "column")


class CompiledPage:
    """What one page type says, as functions.

    Attributes:
      table: that its items are for; empty when it only passes items on.
      required: fields that `auto` and block detection ask for.
      untelling: fields that have a value whatever stands on the page, where there are others.
      own_hook: is called with each item of this page type, source_hook with each item that is complete.
      table_of_carried: where an item that was carried here is written when this page type has no table of its own.
      unwritten: fields that are read but never written.
      may_be_empty: a page without items is no failure.
    """

    def __init__(self, loaded: LoadedSource, name: str, page: PageType) -> None:
        """Compiles. Raises ValueError (CodeMistake) with a message for the file's author."""

        def resolve(function: str) -> Callable[..., Any]:
            return function_in(loaded.path.parent, function)

        fetch = page.fetch or FetchRules()
        self._charset, self._response = fetch.charset, fetch.response
        self.fields = compile_fields(page.fields, resolve)
        self.finder = ItemFinder(page.items) if page.items is not None else None
        untelling = frozenset(name for name, rule in page.fields.items() if not _tells(rule))
        self.untelling = untelling if len(untelling) < len(page.fields) else frozenset()
        self.reader = ItemReader(self.finder, self.fields, self.untelling, page.empty == "ok")
        self.next = NextPage(loaded, name, page.next) if page.next is not None else None
        self.follow = [FollowRule(loaded, name, rule) for rule in page.follows()]
        self.name = name
        self.table = page.table or ""
        self.table_of_carried = loaded.source.table or (next(iter(loaded.tables)) if len(loaded.tables) == 1 else "")
        self.unwritten = unwritten_of(loaded.source)
        self.required = [field.name for field in self.fields if field.required]
        self.may_be_empty = page.empty == "ok"
        self.has_items = bool(self.fields) or self.finder is not None
        written = (loaded.source.pages or {}).get(name)
        self.own_hook: Hook | None = _hook(resolve, written.hooks.item if written and written.hooks else None)
        of_source = loaded.source.hooks
        self.source_hook: Hook | None = _hook(resolve, of_source.item if of_source else None)

    def document(self, page: Any) -> Document:
        """The page's body, to be parsed as this page type says."""
        return Document(page, self._charset, self._response)


def compile_pages(loaded: LoadedSource) -> dict[str, CompiledPage]:
    """Every page type of a source by name.

    Raises:
      ValueError: a rule cannot be read; the message names the page type and says what is wrong.
    """
    compiled = {}
    for name, page in loaded.source.page_types().items():
        try:
            compiled[name] = CompiledPage(loaded, name, page)
        except ValueError as error:
            place = f"{loaded.source.source}, pages.{name}" if name else loaded.source.source
            raise type(error)(f"{place}: {error}") from error
    return compiled


def _tells(rule: FieldRule) -> bool:
    """Whether a value of this field says that something was found on the page."""
    if rule.fields and not (rule.any_ or _is_own(rule)):
        return any(map(_tells, rule.fields.values()))
    ways = [*([rule] if _is_own(rule) or not rule.any_ else []), *(rule.any_ or ())]
    return rule.default is None and all(map(_looks, ways))


def _is_own(rule: FieldRule) -> bool:
    return any(getattr(rule, name) is not None for name in (*_LOOKING, "const", "template"))


def _looks(way: Alternative) -> bool:
    """Whether a way gives a value only for what stands on the page, as a constant does beside a selector."""
    if way.template is not None or way.from_ in ("url", "params", "headers"):
        return False
    return way.const is None or any(getattr(way, name) is not None for name in (*_LOOKING, "re"))


def _hook(resolve: Callable[[str], Callable[..., Any]], name: str | None) -> Hook | None:
    return resolve(name) if name else None
