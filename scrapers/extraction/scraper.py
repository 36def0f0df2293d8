"""Class Scraper: the pure parse of a source's pages, as its file declares it; code may override it."""

import contextvars
import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from schemas.page import Page
from schemas.reading import Item, Reading, Verdict
from scrapers.extraction.document import Document
from scrapers.extraction.explain import explain
from scrapers.extraction.page_items import FoundItem
from scrapers.extraction.page_types import CompiledPage, compile_pages
from scrapers.extraction.python_scrapers import CodeMistake, class_in
from scrapers.extraction.reading import assemble, is_complete
from scrapers.extraction.scope import page_scope
from scrapers.extraction.selectors import CompiledSelector
from scrapers.extraction.skeleton import signs_of
from scrapers.fetching.markers import find_marker
from scrapers.source_files.load import LoadedSource
from scrapers.source_files.model import Markers, Selector

__all__ = ["Scraper", "load_scraper", "reader"]


@dataclasses.dataclass(slots=True)
class _State:
    """One page while it is read.

    Attributes:
      found: id of a declared item -> where it was found.
      latest: the declared item that an overridden `parse` took last; None before the first and after the last.
    """

    page: Page
    document: Document
    found: dict[int, FoundItem] = dataclasses.field(default_factory=dict)
    latest: FoundItem | None = None


_STATE: contextvars.ContextVar[_State | None] = contextvars.ContextVar("scraper_state", default=None)


class Scraper:
    """Reads the pages of one source.

    A source that needs code has a subclass in NAME.py beside NAME.yaml, which overrides `parse`:

        class Shop(Scraper):
            def parse(self, page):
                for item in super().parse(page):
                    item["title"] = item["title"].title()
                    yield item

    Attributes:
      samples: of which pages the reading has a skeleton; None for none.
    """

    samples: Callable[[Page], bool] | None = None

    def __init__(self, loaded: LoadedSource) -> None:
        """Compiles the source.

        Raises:
          ValueError: a rule of the source, or code beside it, cannot be read; the message says which and why.
        """
        self.loaded = loaded
        self.pages = compile_pages(loaded)
        self._is_declared = type(self).parse is Scraper.parse
        self._markers = _marker_selectors(loaded.source.markers)

    def parse(self, page: Page) -> Iterator[Item]:
        """The items of a page; the declared ones, unless overridden."""
        state = _STATE.get()
        if state is None or state.page is not page:
            state = _State(page, self.document(page))
        for found in self._page_type(page).reader.read(state.document, page.request.item):
            state.found[id(found.item)] = state.latest = found
            yield found.item
        state.latest = None

    def document(self, page: Page) -> Document:
        """The parsed body of a page, for code that looks at it itself; inside `parse` it is parsed only once."""
        state = _STATE.get()
        return state.document if state is not None and state.page is page else self._page_type(page).document(page)

    def read(self, page: Page) -> Reading:
        """Everything that a page gives. Raises whatever the page breaks: the caller makes it a letter `parse_error`."""
        compiled = self._page_type(page)
        document = compiled.document(page)
        if stand_in := self._marked(document):
            return stand_in
        found = compiled.reader.read(document, page.request.item) if self._is_declared else self._parsed(page, document)
        complete = is_complete(compiled, found)
        reading = assemble(compiled, document, found)
        is_doubtful = not complete and (compiled.has_items or not reading.follow_ups)
        stand_in = self._stand_in(document) if is_doubtful else None
        if stand_in is None and self.samples is not None and self.samples(page):
            reading.skeleton = signs_of(document)
        return stand_in or reading

    def explain(self, page: Page) -> list[tuple[int, str, str, Any]]:
        """Item number, field, the selector that gave it (empty when none did), value: what `try` shows."""
        compiled = self._page_type(page)
        return explain(compiled, compiled.document(page), page.request.item)

    def _page_type(self, page: Page) -> CompiledPage:
        try:
            return self.pages[page.request.page_type]
        except KeyError:
            known = ", ".join(self.pages) or "none"
            source = self.loaded.source.source
            raise ValueError(f"source {source} has no page type `{page.request.page_type}`; it has {known}") from None

    def _parsed(self, page: Page, document: Document) -> list[FoundItem]:
        """What an overridden `parse` gives; items that came from the declaration still know where they stand."""
        state = _State(page, document)
        before = _STATE.set(state)
        try:
            return [state.found.get(id(item)) or _made(item, state) for item in self.parse(page) or ()]
        finally:
            _STATE.reset(before)

    def _marked(self, document: Document) -> Reading | None:
        """A page with an element that the source calls a marker is a stand-in, whatever else is on it."""
        for kind, marker in self._markers:
            if marker.matches(page_scope(document)):
                return Reading(verdict=kind, marker=marker.label)
        return None

    def _stand_in(self, document: Document) -> Reading | None:
        """A page without one complete item, when it is a block page or a login wall: nothing on it is believed."""
        found = find_marker(document.page, document.text, self.loaded.source.markers)
        return Reading(verdict=found.kind, marker=found.marker) if found is not None else None


def _marker_selectors(markers: Markers) -> list[tuple[Verdict, CompiledSelector]]:
    kinds: tuple[tuple[Verdict, list[Selector | str]], ...] = (
        ("blocked", markers.blocked),
        ("login_required", markers.login),
    )
    return [
        (kind, CompiledSelector(marker)) for kind, given in kinds for marker in given if isinstance(marker, Selector)
    ]


def _made(item: Item, state: _State) -> FoundItem:
    """An item that code made: of the declared item that it took last, or else standing nowhere on the page."""
    if not isinstance(item, Mapping):
        raise TypeError(f"parse gave a {type(item).__name__}; expected items, which are mappings")
    origin = state.latest
    if origin is None:
        return FoundItem(dict(item), state.document, None)
    made = FoundItem(dict(item), state.document, None, origin.place)
    made.problems = [problem for problem in origin.problems if _same(problem.field, item, origin.item)]
    return made


def _same(path: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    name = re.split(r"[.\[]", path, maxsplit=1)[0]
    return name in one and one[name] == other.get(name)


def load_scraper(loaded: LoadedSource) -> Scraper:
    """The Scraper subclass in NAME.py beside NAME.yaml, or Scraper itself.

    Raises:
      ValueError: a rule of the source, or its code, cannot be read.
    """
    found = class_in(loaded.path.with_suffix(".py"), Scraper)
    if found is None:
        return Scraper(loaded)
    try:
        made: Scraper = found(loaded)
    except TypeError as error:
        raise CodeMistake(f"{loaded.path.stem}.py: {found.__name__} cannot be made: {error}") from error
    return made


def reader(
    sources: Mapping[str, LoadedSource], samples: Callable[[Page], bool] | None = None
) -> Callable[[Page], Reading]:
    """A function that reads the pages of any of these sources; each is compiled when its first page comes.

    Args:
      samples: of which pages the readings have a skeleton; None for none.
    """
    scrapers: dict[str, Scraper] = {}

    def read(page: Page) -> Reading:
        name = page.request.source
        scraper = scrapers.get(name)
        if scraper is None:
            scraper = scrapers[name] = load_scraper(sources[name])
            scraper.samples = samples
        return scraper.read(page)

    return read
