"""Class Scraper: the pure parse of a source's pages, as its file declares it; code may override it."""

import contextvars
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from schemas.page import Page
from schemas.reading import FieldProblem, Item, Reading
from scrapers.extraction.document import Document
from scrapers.extraction.explain import explain
from scrapers.extraction.fields import is_missing
from scrapers.extraction.page_items import FoundItem
from scrapers.extraction.page_types import CompiledPage, compile_pages
from scrapers.extraction.python_scrapers import CodeMistake, class_in
from scrapers.extraction.scope import page_scope
from scrapers.extraction.selectors import CompiledSelector
from scrapers.fetching.markers import find_marker
from scrapers.source_files.load import LoadedSource
from scrapers.source_files.model import Selector

__all__ = ["Scraper", "load_scraper", "reader"]


@dataclasses.dataclass(slots=True)
class _State:
    """One page while it is read: its document, and where each declared item was found."""

    page: Page
    document: Document
    found: dict[int, FoundItem] = dataclasses.field(default_factory=dict)


_STATE: contextvars.ContextVar[_State | None] = contextvars.ContextVar("scraper_state", default=None)


class Scraper:
    """Reads the pages of one source.

    A source that needs code has a subclass in NAME.py beside NAME.yaml, which overrides `parse`:

        class Shop(Scraper):
            def parse(self, page):
                for item in super().parse(page):
                    item["title"] = item["title"].title()
                    yield item
    """

    def __init__(self, loaded: LoadedSource) -> None:
        """Compiles the source.

        Raises:
          ValueError: a rule of the source, or code beside it, cannot be read; the message says which and why.
          NotImplementedError: a rule uses what is not yet built.
        """
        self.loaded = loaded
        self.pages = compile_pages(loaded)
        self._plain = type(self).parse is Scraper.parse
        kept = loaded.source.page_types().values()
        self._dropped = {name for page in kept for name, rule in page.fields.items() if rule.personal == "drop"}

    def parse(self, page: Page) -> Iterator[Item]:
        """The items of a page; the declared ones, unless overridden."""
        state = _STATE.get()
        if state is None or state.page is not page:
            state = _State(page, self._compiled(page).document(page))
        for found in self._compiled(page).reader.read(state.document, page.request.item):
            state.found[id(found.item)] = found
            yield found.item

    def document(self, page: Page) -> Document:
        """The parsed body of the page that `parse` is given, for code that looks at it itself."""
        state = _STATE.get()
        return state.document if state is not None and state.page is page else self._compiled(page).document(page)

    def read(self, page: Page) -> Reading:
        """Everything that a page gives. Raises whatever the page breaks: the caller makes it a letter `parse_error`."""
        compiled = self._compiled(page)
        state = _State(page, compiled.document(page))
        reading = Reading(table=compiled.table)
        found = self._hooked(compiled, self._found(compiled, state), reading)
        values = [one.item for one in found]
        lacking = self._count_missing(compiled, values, reading)
        if compiled.next is not None and compiled.next.repeats(state.document, values):
            reading.verdict = "empty"
            return reading
        self._lead_on(compiled, state.document, found, reading)
        if (lacking == len(found)) and self._is_stand_in(compiled, state.document, reading):
            return reading
        if not reading.items and not reading.follow_ups and not reading.filtered:
            past_the_end = compiled.next is not None and compiled.next.ends_empty and page.request.page_number > 1
            if compiled.may_be_empty or past_the_end:
                reading.verdict = "empty"
        return reading

    def explain(self, page: Page) -> list[tuple[int, str, str, Any]]:
        """Item number, field, the selector that gave it (empty when none did), value: what `try` shows."""
        compiled = self._compiled(page)
        return explain(compiled, compiled.document(page), page.request.item)

    def _compiled(self, page: Page) -> CompiledPage:
        try:
            return self.pages[page.request.page_type]
        except KeyError:
            known = ", ".join(self.pages) or "none"
            raise ValueError(
                f"source {self.loaded.source.source} has no page type `{page.request.page_type}`; it has {known}"
            ) from None

    def _found(self, compiled: CompiledPage, state: _State) -> list[FoundItem]:
        if self._plain:
            return compiled.reader.read(state.document, state.page.request.item)
        token = _STATE.set(state)
        try:
            made = list(self.parse(state.page) or ())
        finally:
            _STATE.reset(token)
        return [state.found.get(id(item)) or _undeclared(item, state.document) for item in made]

    def _hooked(self, compiled: CompiledPage, found: list[FoundItem], reading: Reading) -> list[FoundItem]:
        return _apply(compiled.own_hook, found, reading) if compiled.own_hook is not None else found

    def _count_missing(self, compiled: CompiledPage, items: list[Item], reading: Reading) -> int:
        """Counts what required fields lack; gives the number of items that lack any."""
        lacking: set[int] = set()
        for name in compiled.required:
            missing = [number for number, item in enumerate(items) if is_missing(item.get(name))]
            if missing:
                reading.missing[name] = len(missing)
                lacking.update(missing)
        return len(lacking)

    def _lead_on(self, compiled: CompiledPage, document: Document, found: list[FoundItem], reading: Reading) -> None:
        """Items that are carried on become requests, the others the page's items; then the page's links and `next`."""
        staying = found
        if compiled.follow:
            staying = [one for one in found if not self._carried_on(compiled, one, reading)]
            for rule in compiled.follow:
                if rule.of_page or (not compiled.has_items and not found):
                    reading.follow_ups += rule.of_whole_page(document, reading.notes)
        if compiled.has_items or found:
            self._emit(compiled, staying, reading)
        if compiled.next is not None:
            gave: list[Any] = [one.item for one in found] or [request.url for request in reading.follow_ups]
            following = compiled.next.request(document, gave, reading.notes)
            if following is not None:
                reading.follow_ups.append(following)
        if len(reading.follow_ups) > 1:
            reading.follow_ups = list({request.request_id: request for request in reading.follow_ups}.values())

    def _carried_on(self, compiled: CompiledPage, one: FoundItem, reading: Reading) -> bool:
        """Whether the item travels on in a request; one with a problem stays, since it is refused in any case."""
        carried = False
        for rule in compiled.follow:
            if rule.of_page or (rule.carries and (carried or one.problems)):
                continue
            requests = rule.of_item(one, reading.notes)
            reading.follow_ups += requests
            carried = carried or (rule.carries and bool(requests))
        return carried

    def _emit(self, compiled: CompiledPage, staying: list[FoundItem], reading: Reading) -> None:
        if compiled.source_hook is not None:
            staying = _apply(compiled.source_hook, staying, reading)
        for number, one in enumerate(staying):
            if one.problems:
                reading.problems[number] = one.problems
            for name in self._dropped:
                one.item.pop(name, None)
        reading.items = [one.item for one in staying]

    def _is_stand_in(self, compiled: CompiledPage, document: Document, reading: Reading) -> bool:
        """Whether a page without one complete item is a block page or a login wall."""
        if not compiled.has_items and reading.follow_ups:
            return False
        found = find_marker(
            document.page, document.text, self.loaded.source.markers, lambda one: _matches(one, document)
        )
        if found is None:
            return False
        reading.verdict, reading.marker = found.kind, found.marker
        reading.items, reading.problems, reading.follow_ups = [], {}, []
        return True


def _undeclared(item: Item, document: Document) -> FoundItem:
    """An item that code made by itself: it stands nowhere in particular on the page."""
    if not isinstance(item, Mapping):
        raise TypeError(f"parse gave a {type(item).__name__}; expected items, which are mappings")
    return FoundItem(dict(item), document, document.root)


def _apply(hook: Callable[[Item], Item | None], found: list[FoundItem], reading: Reading) -> list[FoundItem]:
    """Passes items through a hook; one that it fails on is refused with its message, the others go on."""
    kept = []
    for one in found:
        try:
            item = hook(one.item)
            if item is not None and not isinstance(item, Mapping):
                raise TypeError(f"the hook gave a {type(item).__name__}; expected an item or None")
        except Exception as error:  # noqa: BLE001  the author's code
            one.problems.append(FieldProblem("", "hook", f"{type(error).__name__}: {error}"))
            item = one.item
        if item is None:
            reading.filtered += 1
        else:
            one.item = dict(item)
            kept.append(one)
    return kept


def _matches(selector: Selector, document: Document) -> bool:
    return bool(CompiledSelector(selector).matches(page_scope(document)))


def load_scraper(loaded: LoadedSource) -> Scraper:
    """The Scraper subclass in NAME.py beside NAME.yaml, or Scraper itself.

    Raises:
      ValueError: a rule of the source, or its code, cannot be read.
      NotImplementedError: a rule uses what is not yet built.
    """
    found = class_in(loaded.path.with_suffix(".py"), Scraper)
    try:
        made: Scraper = (found or Scraper)(loaded)
        return made
    except TypeError as error:
        if found is None:
            raise
        raise CodeMistake(f"{loaded.path.stem}.py: {found.__name__} cannot be made: {error}") from error


def reader(sources: Mapping[str, LoadedSource]) -> Callable[[Page], Reading]:
    """A function that reads the pages of any of these sources; each is compiled when its first page comes."""
    scrapers: dict[str, Scraper] = {}

    def read(page: Page) -> Reading:
        name = page.request.source
        scraper = scrapers.get(name)
        if scraper is None:
            scraper = scrapers[name] = load_scraper(sources[name])
        return scraper.read(page)

    return read
