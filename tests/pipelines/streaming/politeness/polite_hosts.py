"""Sources of hosts that want to be visited slowly, and what they must have seen."""

import json
from typing import Any

from tests.pipelines.streaming.politeness.recording_site import Visits

__all__ = ["EVENT_SECS", "HOSTS", "PAGES", "check_polite", "page", "write_sources"]

DELAY_SECS = 1.0
NOISE_SECS = 0.5
"""A request that left in time may be seen late on a busy machine (0.17 s were met), and the next one not. What is too
many shows all the same: a second process at a host sends one more in each delay."""
HOSTS, PAGES = 6, 3
EVENT_SECS = 0.4
LINKED = "linked.test"
"""A host that no event asks for: pages of the first three hosts lead there."""


def page(wanted: str) -> str:
    host, _, number = wanted.partition("/p/")
    linked = f"<a href='http://www.{LINKED}/of/{host}/{number}'>more</a>" if host in ("h0.test", "h1.test") else ""
    return f"<b id='{wanted}'>x{linked}</b>"


def write_sources(project: Any) -> None:
    reads = {"items": {"css": "b"}, "fields": {"sku": {"css": "::attr(id)", "required": True}}}
    for host in range(HOSTS):
        follows = {**reads, "follow": {"to": "more", "url": {"css": "a::attr(href)"}}}
        source = {
            "source": f"s{host}",
            "table": f"s{host}.items",
            "key": ["sku"],
            "seeds": {"urls": [f"http://h{host}.test/p/${{params.n}}"], "params": {"n": f"1..{PAGES}"}},
            "politeness": {"delay_secs": DELAY_SECS, "concurrency": 1},
            "pages": {"first": follows, "more": reads} if host < 2 else {"first": reads},
        }
        project.write(f"s{host}.yaml", "".join(f"{key}: {json.dumps(value)}\n" for key, value in source.items()))


def check_polite(visits: Visits) -> None:
    assert set(visits.seen) == {*(f"h{host}.test" for host in range(HOSTS)), LINKED}
    for domain, seen in visits.seen.items():
        assert seen.most == 1, domain
        assert seen.shortest_secs() >= DELAY_SECS - NOISE_SECS, (domain, seen.came)
        assert seen.shortest_secs(5) >= 4 * DELAY_SECS - NOISE_SECS, (domain, seen.came)
