"""A crawl of the loopback server through the real fetcher."""

import dataclasses
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from schemas.host_use import HostUse
from schemas.outcome import Scraped
from schemas.page import Page
from schemas.reading import Reading
from schemas.request import Request, RequestSpec
from scrapers.fetching.fetcher import Fetcher
from scrapers.fetching.settings import FetchSettings
from scrapers.source_files.load import SourceSet, load_sources
from scrapers.source_files.seeds import key_of, plan_specs

EXECUTION = "e" * 24


def read_links(page: Page) -> Reading:
    """The reader of these tests: `<b>` are items, `<a href>` follow-ups, as little as a parser can be."""
    text = page.body.decode("utf-8", "replace")
    request = page.request
    links = [
        Request(
            request.source, urljoin(page.url, link), request.execution_id, request.page_type, depth=request.depth + 1
        )
        for link in re.findall(r'<a href="([^"]*)"', text)
    ]
    return Reading([{"title": title} for title in re.findall("<b>(.*?)</b>", text)], "t.items", links)


@dataclasses.dataclass
class Crawl:
    """What came out of one visit.

    Attributes:
      ended: path of the request -> how it ended (specs left out).
      onward: specs for other hosts.
      hosts: what was done to each.
      secs: until the last one had ended.
    """

    scraped: list[Scraped]
    onward: list[RequestSpec]
    known: set[str]
    secs: float
    hosts: dict[str, HostUse] = dataclasses.field(default_factory=dict)

    @property
    def ended(self) -> dict[str, Scraped]:
        named = {}
        for one in self.scraped:
            request = one.page.request if one.page else one.letter.request if one.letter else one.request
            if request is not None:
                parts = urlsplit(request.url)
                named[parts.path + (f"?{parts.query}" if parts.query else "")] = one
        return named

    @property
    def reasons(self) -> Counter[str]:
        """Requests by reason, `pages` for those that ended well."""
        real = [one.outcome for one in self.scraped if not one.outcome.is_spec and one.outcome.request_id]
        return Counter(outcome.reason or outcome.end for outcome in real)

    @property
    def items(self) -> list[Any]:
        return sorted(item["title"] for one in self.scraped for item in one.items)

    @property
    def letters(self) -> dict[str, Any]:
        """Path -> letter."""
        return {path: one.letter for path, one in self.ended.items() if one.letter}

    @property
    def notes(self) -> list[str]:
        return [note for one in self.scraped for note in one.outcome.notes]

    @property
    def holds(self) -> bool:
        """The invariant: what was known is what ended, each once."""
        ends = [one.outcome.request_id for one in self.scraped if one.outcome.request_id]
        known = self.known.union(*(one.outcome.spawned for one in self.scraped))
        left = {spec.spec_id for spec in self.onward} | {r.request_id for spec in self.onward for r in spec.requests}
        return len(ends) == len(set(ends)) and known == set(ends) | left


class Crawler:
    """Runs sources against the server. One fetcher at a time; `settings` are those of FetchSettings."""

    read_links = staticmethod(read_links)

    def __init__(self, folder: Path, server: Any) -> None:
        self.folder, self.server = folder, server
        self.fetcher: Fetcher | None = None

    def sources(self, *sources: dict[str, Any]) -> SourceSet:
        for source in sources:
            full = {
                "source": "shop",
                "table": "t.items",
                "politeness": {"delay_secs": 0, "concurrency": 4},
                "fields": {"title": {"css": "b"}},
                "follow": {"links": {"within": {"css": "body"}}},
                "resolve": [f"*:80:127.0.0.1:{self.server.port}"],
                **source,
            }
            (self.folder / f"{full['source']}.yaml").write_text(
                "".join(f"{key}: {json.dumps(value)}\n" for key, value in full.items() if value is not None)
            )
        return load_sources(self.folder)

    def open(self, *sources: dict[str, Any], read: Callable[[Page], Reading] = read_links, **settings: Any) -> Fetcher:
        self.close()
        settings = {"backoff_secs": 0.02, **settings}
        self.fetcher = Fetcher(self.sources(*sources), read, settings=FetchSettings(**settings))
        return self.fetcher

    def close(self) -> None:
        if self.fetcher is not None:
            self.fetcher.close()
            self.fetcher = None

    def __call__(
        self,
        paths: list[str],
        *,
        source: dict[str, Any] | None = None,
        host: str = "shop.test",
        limit: int | None = None,
        onward: bool = True,
        **settings: Any,
    ) -> Crawl:
        """Fetches paths of one host (or whole URLs) with one source."""
        urls = [path if "://" in path else f"http://{host}{path}" for path in paths]
        fetcher = self.open({"seeds": {"urls": urls}, **(source or {})}, **settings)
        loaded = load_sources(self.folder)["shop"]
        specs = [(key_of(s, loaded), s) for s in plan_specs(loaded, EXECUTION, limit=limit, tick=time.time())]
        return self.run(fetcher, specs, onward)

    @staticmethod
    def specs(hosts: int, pages: int = 1) -> list[tuple[tuple[str, int], RequestSpec]]:
        """One spec a host: pages /0, /1, ... of host0.test, host1.test, ..."""
        work = []
        for host in (f"host{number}.test" for number in range(hosts)):
            requests = [Request("shop", f"http://{host}/{page}", EXECUTION) for page in range(pages)]
            work.append(((host, 0), RequestSpec("shop", EXECUTION, tuple(requests))))
        return work

    @staticmethod
    def run(fetcher: Fetcher, specs: list[tuple[tuple[str, int], RequestSpec]], onward: bool = True) -> Crawl:
        started = time.monotonic()
        visit = fetcher.visit(onward=onward)
        for key, spec in specs:
            visit.admit(key, [spec])
        got = list(visit.drain())
        ended = [one for one in got if isinstance(one, Scraped)]
        left = [one for one in got if isinstance(one, RequestSpec)]
        hosts: dict[str, HostUse] = {}
        for one in ended:
            for host, use in (one.outcome.hosts or {}).items():
                hosts.setdefault(host, HostUse()).add(use)
        scraped = [one for one in ended if one.outcome.hosts is None]
        return Crawl(scraped, left, {spec.spec_id for _, spec in specs}, time.monotonic() - started, hosts)


@pytest.fixture
def crawl(tmp_path: Path, server: Any) -> Iterator[Crawler]:
    """Crawls the server; `shop.test` and every other name lead there."""
    crawler = Crawler(tmp_path, server)
    yield crawler
    crawler.close()
