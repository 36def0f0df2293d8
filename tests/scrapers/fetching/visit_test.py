"""How a visit gives and takes: bounds, order of things, stopping, closing."""

import asyncio
import itertools
import threading
import time
from pathlib import Path
from typing import Any

from schemas.outcome import Scraped
from schemas.request import Request, RequestSpec
from scrapers.source_files.load import load_sources
from scrapers.source_files.seeds import key_of, plan_specs

EXECUTION = "e" * 24


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def two_seconds(_hit: Any, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(2)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 8\r\n\r\n<b>x</b>")


def test_admit_returns_at_once_and_pages_come_as_they_are_finished(crawl: Any, server: Any) -> None:
    server.on_all()
    server.on("/1", two_seconds)
    visit = crawl.open({}).visit()
    started = time.monotonic()
    for key, spec in crawl.specs(1, 4):
        visit.admit(key, [spec])
    assert time.monotonic() - started < 1.5
    early: list[Any] = []
    while len(early) < 4 and time.monotonic() - started < 1.8:
        early += visit.finished()
        time.sleep(0.01)
    assert sum(isinstance(one, Scraped) and one.page is not None for one in early) == 3
    assert sum(one.page is not None for one in visit.drain()) == 1
    assert visit.finished() == []
    assert list(visit.drain()) == []


def test_no_more_hosts_are_open_at_once_than_allowed(crawl: Any, server: Any) -> None:
    server.on_all(two_seconds)
    fetcher = crawl.open({}, max_hosts=3)
    visit = fetcher.visit()
    started = time.monotonic()
    work = crawl.specs(7)
    for number, (key, spec) in enumerate(work):
        visit.admit(key, [spec])
        assert fetcher.progress().hosts_open <= 3
        if number == 2:
            assert time.monotonic() - started < 1.5
        if number == 3:
            assert time.monotonic() - started > 1.9
    assert sum(one.page is not None for one in visit.drain()) == 7
    assert server.most_at_once <= 3


def test_finished_pages_that_nobody_takes_hold_up_the_network_and_not_the_caller(crawl: Any, server: Any) -> None:
    server.on_all()
    fetcher = crawl.open({}, max_waiting_pages=10, max_hosts=2)
    visit = fetcher.visit()
    for key, spec in crawl.specs(4, 50):
        visit.admit(key, [spec])  # nobody takes anything: it must come back all the same
    time.sleep(0.3)
    assert len(server.paths()) <= 10 + 2 * 4
    assert fetcher.progress().waiting_pages <= 10 + 2 * 4
    assert sum(one.page is not None for one in visit.drain()) == 200


def test_large_pages_that_wait_are_bounded_in_bytes(crawl: Any, server: Any) -> None:
    server.on_all(server.page(b"<b>x</b>" + b" " * 1_000_000))
    visit = crawl.open({}, max_waiting_bytes=5_000_000).visit()
    for key, spec in crawl.specs(1, 40):
        visit.admit(key, [spec])
    time.sleep(0.5)
    assert len(server.paths()) <= 5 + 4 + 1
    assert sum(one.page is not None for one in visit.drain()) == 40


def test_two_visits_share_a_host_s_pace_and_places(crawl: Any, server: Any) -> None:
    server.on_all()
    fetcher = crawl.open({"politeness": {"delay_secs": 0.05, "concurrency": 1}})
    results: list[Any] = []

    def visit(source: str) -> None:
        requests = tuple(Request("shop", f"http://shop.test/{source}/{n}", EXECUTION) for n in range(4))
        results.append(crawl.run(fetcher, [(("shop.test", 0), RequestSpec("shop", EXECUTION, requests))]))

    threads = [threading.Thread(target=visit, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert [result.reasons for result in results] == [{"pages": 4}, {"pages": 4}]
    times = sorted(hit.at for hit in server.hits if hit.path != "/robots.txt")
    assert min(after - before for before, after in itertools.pairwise(times)) >= 0.03
    assert server.most_at_once == 1


def test_a_million_seeds_of_one_template_start_at_once_in_little_memory(crawl: Any, server: Any) -> None:
    server.on_all()
    before = resident_bytes()
    seeds = {"urls": "http://shop.test/${params.n}", "params": {"n": "1..1000000"}}
    stop = threading.Event()
    fetcher = crawl.open({"seeds": seeds, "politeness": {"delay_secs": 0, "concurrency": 8}}, stop=stop.is_set)
    loaded = load_sources(crawl.folder)["shop"]
    started = time.monotonic()
    visit = fetcher.visit()
    for spec in plan_specs(loaded, EXECUTION, tick=time.time()):
        visit.admit(key_of(spec, loaded), [spec])
    pages = 0
    while pages < 100 and time.monotonic() - started < 5:
        pages += len(visit.finished())
    assert pages >= 100
    assert resident_bytes() - before < 100_000_000
    stop.set()
    assert sum(1 for _ in visit.drain()) < 5000


def test_progress_counts_what_has_happened(crawl: Any, server: Any) -> None:
    server.on_all()
    server.on("/1", server.page("", 500), server.page("<b>x</b>"))
    server.on("/2", server.page("", 404))
    fetcher = crawl.open({})
    crawl.run(fetcher, crawl.specs(1, 4))
    progress = fetcher.progress()
    assert (progress.pages, progress.letters, progress.retries, progress.requests) == (
        {"shop": 3},
        {("shop", "http_4xx"): 1},
        1,
        5,
    )
    assert (progress.hosts_open, progress.hosts_waiting, progress.waiting_pages, progress.bytes) == (0, 0, 0, 24)
