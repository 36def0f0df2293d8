"""Requests that an item, or a page, leads to."""

from schemas.request import Request
from scrapers.extraction.document import Document
from scrapers.extraction.links import PageLinks, urls_at
from scrapers.extraction.page_items import FoundItem
from scrapers.extraction.scope import Scope, page_scope
from scrapers.extraction.selectors import CompiledSelector
from scrapers.source_files.load import LoadedSource
from scrapers.source_files.model import Follow
from scrapers.source_files.request_rules import make_request
from scrapers.source_files.template import TemplateError

__all__ = ["FollowRule"]


class FollowRule:
    """One entry of a page type's `follow`, compiled.

    Attributes:
      carries: the item goes along instead of being written here.
      of_page: its links are the page's, not an item's.
    """

    def __init__(self, loaded: LoadedSource, page_type: str, rule: Follow) -> None:
        """Compiles. Raises ValueError for what cannot be read."""
        self._loaded = loaded
        self._to = rule.to if rule.to is not None else page_type
        self._template = rule.url if isinstance(rule.url, str) else None
        self._selector = None if rule.url is None or isinstance(rule.url, str) else CompiledSelector(rule.url)
        self._links = PageLinks(rule.links) if rule.links is not None else None
        limits = (rule.max_depth, loaded.source.limits.max_depth)
        self._max_depth = min(depth for depth in limits if depth is not None)
        self._own_limit = rule.max_depth is not None
        self.carries = rule.carry == "item"
        self.of_page = self._links is not None and not self.carries

    def of_item(self, found: FoundItem, notes: list[str]) -> list[Request]:
        """What one item leads to; with `carry` one request at most, since the item is one row."""
        requests = self._requests(found.place, found, notes)
        return requests[:1] if self.carries else requests

    def of_whole_page(self, document: Document, notes: list[str]) -> list[Request]:
        """What a page leads to by itself."""
        return self._requests(page_scope(document), None, notes)

    def _requests(self, scope: Scope, found: FoundItem | None, notes: list[str]) -> list[Request]:
        parent = scope.document.page.request
        urls = self._urls(scope)
        if not urls:
            return []
        if parent.depth >= self._max_depth:
            note = f"follow stopped at max_depth {self._max_depth}"
            if note not in notes and not self._own_limit:
                notes.append(note)
            return []
        made = (self._request(url, parent, found) for url in urls)
        return [request for request in made if request is not None]

    def _urls(self, scope: Scope) -> list[str]:
        if self._template is not None:
            return [self._template]
        if self._links is not None:
            return self._links.urls(scope)
        return urls_at(self._selector, scope) if self._selector is not None else []

    def _request(self, url: str, parent: Request, found: FoundItem | None) -> Request | None:
        item = found.item if found is not None else parent.item
        try:
            return make_request(
                self._loaded,
                self._to,
                url,
                execution_id=parent.execution_id,
                params=parent.params,
                item=item,
                parent=parent,
                template=self._template is not None,
                carry=self.carries,
            )
        except TemplateError as error:
            if error.missing:  # the item has no value for it: it leads nowhere
                return None
            raise
