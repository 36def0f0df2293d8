"""How a listing goes on: a link, a counted page number, or a cursor."""

import dataclasses
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from schemas.ids import content_id
from schemas.request import Request, canonical_url
from scrapers.extraction.document import Document
from scrapers.extraction.links import urls_at
from scrapers.extraction.scope import page_scope
from scrapers.extraction.selectors import CompiledSelector
from scrapers.source_files.load import LoadedSource
from scrapers.source_files.model import NextRule, Selector
from scrapers.source_files.request_rules import make_request

__all__ = ["NextPage"]


class NextPage:
    """The `next` of a page type, compiled.

    Attributes:
      ends_empty: whether a page after the first may be without items: counting and cursors run one page too far.
    """

    def __init__(self, loaded: LoadedSource, page_type: str, rule: NextRule) -> None:
        """Compiles. Raises ValueError for what cannot be read."""
        self._loaded, self._page_type, self._rule = loaded, page_type, rule
        named: dict[str, Any] = {name: getattr(rule, name) for name in ("css", "xpath", "jmes")}
        self._link = CompiledSelector(Selector(**named)) if any(named.values()) else None
        cursor = rule.cursor
        self._cursor = CompiledSelector(Selector(jmes=cursor.jmes, css=cursor.css)) if cursor is not None else None
        self.ends_empty = self._link is None

    def repeats(self, document: Document, found: list[Any]) -> bool:
        """Whether the page gave what the listing's page before it gave: sites answer so past their last page."""
        before = document.page.request.previous_items
        return bool(before) and self.ends_empty and before == content_id(found)

    def request(self, document: Document, found: list[Any], notes: list[str]) -> Request | None:
        """The request for the page after this one; None at the end, with a note when it was a limit that ended it.

        Args:
          found: the page's items, or what else it gave; a counted listing ends where there is nothing.
        """
        here = document.page.request
        if self._rule.page is not None:
            following = self._counted(here) if found else None
        elif self._cursor is not None:
            following = self._after_cursor(document)
        else:
            following = self._linked(document)
        if following is None or following.request_id == here.request_id:
            return None
        if here.page_number >= self._rule.max_pages:
            notes.append(f"next stopped at max_pages {self._rule.max_pages}")
            return None
        return dataclasses.replace(following, previous_items=content_id(found)) if self.ends_empty else following

    def _linked(self, document: Document) -> Request | None:
        assert self._link is not None
        urls = urls_at(self._link, page_scope(document))
        if not urls or urls[0] == canonical_url(document.page.url):
            return None
        return self._make(document.page.request, urls[0])

    def _counted(self, here: Request) -> Request | None:
        rule = self._rule.page
        assert rule is not None
        number = rule.from_ + (here.page_number - 1) * rule.step
        for name, value in parse_qsl(urlsplit(here.url).query):
            if name == rule.param and value.lstrip("-").isdecimal() and len(value) < 12:
                number = int(value)
        return self._make(here, here.url, cursor=number + rule.step)

    def _after_cursor(self, document: Document) -> Request | None:
        assert self._cursor is not None
        cursor = self._cursor.first(page_scope(document))
        if cursor is None or cursor is False:
            return None
        here = document.page.request
        return self._make(here, here.url, cursor=cursor)

    def _make(self, here: Request, url: str, cursor: Any = None) -> Request:
        return make_request(
            self._loaded,
            self._page_type,
            url,
            execution_id=here.execution_id,
            params=here.params,
            item=here.item,
            cursor=cursor,
            parent=here,
            template=cursor is not None,  # our own URL again, in which secrets stand as placeholders
            page_number=here.page_number + 1,
        )
