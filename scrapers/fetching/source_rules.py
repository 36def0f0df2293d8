"""A source's rules as the fetch loop needs them: looked up once, not once a page."""

import functools
from collections.abc import Mapping

from schemas.request import Request
from schemas.version import __version__
from scrapers.extraction.unwritten import unwritten_of
from scrapers.fetching.body import ACCEPT_ENCODING
from scrapers.fetching.robots import robots_token
from scrapers.fetching.status_policy import choose_policy
from scrapers.hosts import host_of, registrable_domain
from scrapers.source_files.load import LoadedSource
from scrapers.source_files.model import FetchRules, PageType, Source, StatusPolicy
from scrapers.source_files.seeds import slots_of

__all__ = ["SourceRules", "user_agent_of"]

_ACCEPT = {
    "json": "application/json,*/*;q=0.8",
    "xml": "application/xml,text/xml,*/*;q=0.8",
    "text": "text/plain,*/*;q=0.8",
}
_ACCEPT_PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def user_agent_of(source: Source) -> str:
    """Who we say we are: the source's own words or our name and version, and how to reach the operator."""
    agent = source.user_agent or f"Scrapeline/{__version__}"
    contact = source.contact
    return agent if not contact or contact in agent else f"{agent} (+{contact})"


class SourceRules:
    """One source, compiled for the fetch loop.

    Attributes:
      user_agent, agent: what is sent, and the product token that robots.txt is asked about.
      slots: keys that share one host's allowance; see `delay_secs` and `concurrency`.
      proxies: what everything goes through; empty for none.
      unwritten: fields of a carried item that no table takes.
      delay_secs, concurrency: of ONE key: every slot has its share of the rate and of the places.
    """

    def __init__(self, loaded: LoadedSource) -> None:
        source = loaded.source
        self.loaded = loaded
        self.source = source
        self.name = source.source
        self.types: Mapping[str, PageType] = source.page_types()
        self.unwritten = unwritten_of(source)
        self.user_agent = user_agent_of(source)
        self.agent = robots_token(self.user_agent)
        self.ignores_robots = source.politeness.robots.ignore
        self.proxies = tuple(source.proxies())
        self.slots = slots_of(loaded)
        self.delay_secs = source.politeness.delay_secs * self.slots
        self.concurrency = max(1, source.politeness.concurrency // self.slots)
        self._fetch = {name: page.fetch or FetchRules() for name, page in self.types.items()}
        self._policies: dict[int, StatusPolicy] = {}
        self._headers: dict[str, tuple[tuple[str, str], ...]] = {}

    @functools.cached_property
    def named_domains(self) -> frozenset[str]:
        """Registrable domains of the URLs that the source file itself spells out."""
        seeds = self.source.seeds
        urls = list(seeds.urls or ()) if seeds else []
        if seeds and seeds.sitemap:
            urls.append(seeds.sitemap if isinstance(seeds.sitemap, str) else seeds.sitemap.url)
        urls += [rule.url for page in self.types.values() for rule in page.follows() if isinstance(rule.url, str)]
        return frozenset(registrable_domain(host_of(url)) for url in urls)

    def trusts(self, request: Request) -> bool:
        """Whether a secret may go to the request's host: a page must not be able to lead it elsewhere."""
        if not request.referrer or self.source.allow_hosts is not None:
            return True
        return registrable_domain(host_of(request.url)) in self.named_domains

    def page_type(self, request: Request) -> PageType:
        """The request's page type; that of a sitemap (and of none we know) is an empty one."""
        return self.types.get(request.page_type) or PageType()

    def fetch(self, request: Request) -> FetchRules:
        """The request's fetch rules."""
        return self.fetch_of(request.page_type)

    def fetch_of(self, page_type: str) -> FetchRules:
        """The fetch rules of a page type; of one that does not exist, the defaults."""
        return self._fetch.get(page_type) or FetchRules()

    def policy(self, status: int) -> StatusPolicy:
        """What this source makes of a status."""
        policy = self._policies.get(status)
        if policy is None:
            policy = self._policies[status] = choose_policy(status, self.source.status)
        return policy

    def headers(self, page_type: str) -> tuple[tuple[str, str], ...]:
        """What is sent with every request of a page type unless the request says otherwise."""
        headers = self._headers.get(page_type)
        if headers is None:
            response = (self._fetch.get(page_type) or FetchRules()).response or "html"
            headers = self._headers[page_type] = (
                ("User-Agent", self.user_agent),
                ("Accept", _ACCEPT.get(response, _ACCEPT_PAGE)),
                ("Accept-Language", "en"),
                ("Accept-Encoding", ACCEPT_ENCODING),
            )
        return headers

    def share_of(self, total: int, slot: int) -> int:
        """The part of a limit of the whole execution that belongs to one slot; the parts add up to it."""
        return total // self.slots + (slot < total % self.slots)
