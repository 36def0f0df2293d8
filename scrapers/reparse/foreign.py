"""Pages that other tools archived (wget, a browser's extension, a crawler): which of them a source may parse."""

import dataclasses
import itertools
import re

from schemas.page import Page
from schemas.request import Request
from scrapers.hosts import host_of, registrable_domain
from scrapers.source_files.load import LoadedSource
from scrapers.source_files.seeds import key_of, plan_specs

__all__ = ["ForeignPages", "is_part_of_page"]

_MOST_SEEDS = 1_000  # looked at for their hosts
_PARTS_OF_PAGES = ("image/", "video/", "audio/", "font/", "text/css", "text/javascript", "application/javascript")


@dataclasses.dataclass(frozen=True, slots=True)
class ForeignPages:
    """Makes pages of another tool's archive pages of a source: those at the domains of its seeds, as one page type.

    Attributes:
      domains: registrable ones.
      matching: what their URLs must match besides (a search, not from the start).
    """

    source: str
    execution_id: str
    page_type: str
    domains: frozenset[str]
    matching: str = ""

    @classmethod
    def of(
        cls, loaded: LoadedSource, execution_id: str, *, page_type: str, matching: str, now: float
    ) -> "ForeignPages":
        """
        Args:
          execution_id: what to call the execution that archived them.
          now: Unix seconds; seeds may be dates relative to it.
        """
        specs = itertools.islice(plan_specs(loaded, execution_id, tick=now), _MOST_SEEDS)
        domains = frozenset(key_of(spec, loaded)[0] for spec in specs)
        return cls(loaded.source.source, execution_id, page_type, domains, matching)

    def adopt(self, page: Page) -> None:
        """Gives a page that no source has asked for a request of this one, if it may be one of its pages."""
        if page.request.source or not self._takes(page):
            return
        page.request = Request(self.source, page.request.url, self.execution_id, self.page_type)

    def _takes(self, page: Page) -> bool:
        url = page.request.url
        if is_part_of_page(page):
            return False
        return registrable_domain(host_of(url)) in self.domains and re.search(self.matching, url) is not None


def is_part_of_page(page: Page) -> bool:
    """Whether an archived answer was fetched for the sake of a page: a picture, a style, robots.txt."""
    kind = page.header("content-type").lower()
    return kind.startswith(_PARTS_OF_PAGES) or page.request.url.partition("?")[0].endswith("/robots.txt")
