"""What is recorded of a host is what the host saw."""

import asyncio
from typing import Any

from schemas.request import Request
from scrapers.fetching.host_uses import Sending, use_of
from scrapers.fetching.pacing import Domain, HostClock
from scrapers.fetching.source_rules import SourceRules
from scrapers.fetching.ticket import Budget, Ticket


def test_requests_and_gaps_are_those_that_the_host_saw(crawl: Any, server: Any) -> None:
    server.on_all()

    done = crawl([f"/{n}" for n in range(5)], source={"politeness": {"delay_secs": 0.1, "concurrency": 1}})

    use = done.hosts["shop.test"]
    assert (use.requests, use.robots, use.delay_secs, use.concurrency, use.slots) == (6, 1, 0.1, 1, 1)
    assert (use.short_gaps, use.most_at_once) == (0, 1)
    assert use.min_gap_secs >= 0.1 - 0.01
    assert use.last_at - use.first_at >= 4 * use.min_gap_secs


def test_every_retry_is_a_request_and_every_slow_down_is_counted(crawl: Any, server: Any) -> None:
    server.on_all()
    server.on("/busy", server.page("", 429, Retry_After="1"), server.page("<b>x</b>"))
    server.on("/broken", server.page("", 500))

    done = crawl(["/busy", "/broken"])

    use = done.hosts["shop.test"]
    assert use.requests == len(server.hits) == 2 + 3 + 1
    assert (use.slow_downs, use.paused_secs) == (1, 1.0)


def test_a_redirect_is_a_request_to_the_host_that_it_leads_to(crawl: Any, server: Any) -> None:
    server.on_all()
    server.on("/moved", server.page("", 302, Location="http://www.shop.test/new"))
    server.on("/away", server.page("", 302, Location="http://other.test/there"))

    done = crawl(["/moved", "/away"])

    # www.shop.test has a robots.txt of its own, but the pace of its domain
    assert {host: (use.requests, use.robots) for host, use in done.hosts.items()} == {
        "shop.test": (5, 2), "other.test": (2, 1),
    }  # fmt: skip


def test_what_robots_txt_asks_is_told_beside_what_was_kept(crawl: Any, server: Any) -> None:
    server.on_all()
    server.on("/robots.txt", server.page("User-agent: *\nCrawl-delay: 7", kind="text/plain"))

    done = crawl(["/1", "/2"], source={"politeness": {"delay_secs": 0, "max_crawl_delay_secs": 0.1}})

    use = done.hosts["shop.test"]
    assert (use.crawl_delay_secs, use.delay_secs, use.short_gaps) == (7.0, 0.1, 0)
    assert use.min_gap_secs >= 0.09


def test_requests_at_once_are_counted(crawl: Any, server: Any) -> None:
    together = asyncio.Barrier(3)

    async def wait_for_the_others(_hit: Any, writer: asyncio.StreamWriter) -> None:
        await together.wait()
        writer.write(server.page("<b>x</b>"))

    server.on_all(wait_for_the_others)
    done = crawl([f"/{n}" for n in range(3)], source={"politeness": {"delay_secs": 0, "concurrency": 3}})

    assert (done.hosts["shop.test"].most_at_once, done.hosts["shop.test"].concurrency) == (3, 3)


def test_what_waits_for_its_turn_is_not_at_the_host_yet(crawl: Any) -> None:
    rules = SourceRules(crawl.sources({"seeds": {"urls": ["http://shop.test/"]}})["shop"])
    tickets = [Ticket(Request("shop", f"http://shop.test/{n}", "e" * 24), rules, Budget(None)) for n in range(3)]

    async def send() -> None:
        clock = HostClock(Domain("shop.test"), 0.0, 0.0)
        for _ in tickets:
            await clock.enter(3, asyncio.sleep)
        for ticket in tickets:
            with Sending(ticket, clock, 0.0) as sending:
                sending()
                sending()  # again, over a new connection: the old one was dead
            assert clock.out == 0

    asyncio.run(send())
    assert [use_of(ticket, "shop.test").most_at_once for ticket in tickets] == [1, 1, 1]
    assert [use_of(ticket, "shop.test").requests for ticket in tickets] == [1, 1, 1]


def test_two_sources_on_a_host_are_told_of_the_gap_that_the_host_saw(crawl: Any, server: Any) -> None:
    server.on_all()
    politeness = {"delay_secs": 0.1, "concurrency": 1}
    fetcher = crawl.open(*({"source": name, "politeness": politeness, "follow": None} for name in ("shop", "shop2")))
    specs = crawl.specs(1, pages=3)
    other = specs[0][1]
    requests = tuple(type(one)("shop2", one.url + "?b", "f" * 24) for one in other.requests)
    specs.append((specs[0][0], type(other)("shop2", "f" * 24, requests)))

    done = crawl.run(fetcher, specs)

    use = done.hosts["host0.test"]
    assert use.requests == len(server.hits) == 7
    assert use.short_gaps == 0
    assert use.min_gap_secs >= 0.1 - 0.01


def test_nothing_is_told_of_hosts_that_were_not_asked(crawl: Any, server: Any) -> None:
    done = crawl(["http://10.0.0.1/a"])

    assert done.reasons == {"address_refused": 1}
    assert done.hosts == {}
