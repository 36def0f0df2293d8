"""How a visit gives and takes: bounds, order of things, stopping, closing."""

import asyncio
import itertools
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from schemas.outcome import Scraped
from schemas.request import Request, RequestSpec
from scrapers.source_files.load import load_sources
from scrapers.source_files.seeds import key_of, plan_specs

EXECUTION = "e" * 24


def anything(server: Any, answer: Any = None) -> None:
    server.on("*", answer or server.page("<b>x</b>"))
    server.on("/robots.txt", server.page("", 404))


def specs(hosts: int, pages: int = 1) -> list[tuple[tuple[str, int], RequestSpec]]:
    return [
        (
            (f"host{n}.test", 0),
            RequestSpec(
                "shop",
                EXECUTION,
                tuple(Request("shop", f"http://host{n}.test/{page}", EXECUTION) for page in range(pages)),
            ),
        )
        for n in range(hosts)
    ]


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def half_a_second(_hit: Any, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0.5)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 8\r\n\r\n<b>x</b>")


def test_admit_returns_at_once_and_pages_come_as_they_are_finished(crawl: Any, server: Any) -> None:
    anything(server)
    server.on("/1", half_a_second)
    visit = crawl.open({}).visit()
    started = time.monotonic()
    for key, spec in specs(1, 4):
        visit.admit(key, [spec])
    assert time.monotonic() - started < 0.2
    early: list[Any] = []
    while len(early) < 4 and time.monotonic() - started < 0.45:
        early += visit.finished()
        time.sleep(0.01)
    assert sum(isinstance(one, Scraped) and one.page is not None for one in early) == 3
    assert sum(one.page is not None for one in visit.drain()) == 1
    assert visit.finished() == []
    assert list(visit.drain()) == []


def test_no_more_hosts_are_open_at_once_than_allowed(crawl: Any, server: Any) -> None:
    anything(server, half_a_second)
    fetcher = crawl.open({}, max_hosts=3)
    visit = fetcher.visit()
    started = time.monotonic()
    work = specs(7)
    for number, (key, spec) in enumerate(work):
        visit.admit(key, [spec])
        assert fetcher.progress().hosts_open <= 3
        if number == 2:
            assert time.monotonic() - started < 0.3
        if number == 3:
            assert time.monotonic() - started > 0.4
    assert sum(one.page is not None for one in visit.drain()) == 7
    assert server.most_at_once <= 3


def test_finished_pages_that_nobody_takes_hold_up_the_network_and_not_the_caller(crawl: Any, server: Any) -> None:
    anything(server)
    fetcher = crawl.open({}, max_waiting_pages=10, max_hosts=2)
    visit = fetcher.visit()
    for key, spec in specs(4, 50):
        visit.admit(key, [spec])  # nobody takes anything: it must come back all the same
    time.sleep(0.3)
    assert len(server.paths()) <= 10 + 2 * 4
    assert fetcher.progress().waiting_pages <= 10 + 2 * 4
    assert sum(one.page is not None for one in visit.drain()) == 200


def test_large_pages_that_wait_are_bounded_in_bytes(crawl: Any, server: Any) -> None:
    anything(server, server.page(b"<b>x</b>" + b" " * 1_000_000))
    visit = crawl.open({}, max_waiting_bytes=5_000_000).visit()
    for key, spec in specs(1, 40):
        visit.admit(key, [spec])
    time.sleep(0.5)
    assert len(server.paths()) <= 5 + 4 + 1
    assert sum(one.page is not None for one in visit.drain()) == 40


def test_two_visits_share_a_host_s_pace_and_places(crawl: Any, server: Any) -> None:
    anything(server)
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
    anything(server)
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


@pytest.mark.parametrize("kind", ["function", "file"])
def test_stop_ends_a_run_in_seconds_with_everything_accounted_for(
    crawl: Any, server: Any, tmp_path: Path, kind: str
) -> None:
    async def hang(_hit: Any, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    anything(server)
    server.on("/2", hang)
    server.on("/3", half_a_second)
    server.on("/4", server.page("", 500))
    flag, file = threading.Event(), tmp_path / "stop"
    stop = flag.is_set if kind == "function" else file
    source = {"politeness": {"delay_secs": 0.05, "concurrency": 4}, "seeds": {"urls": ["http://host0.test/"]}}
    fetcher = crawl.open(source, stop=stop, grace_secs=1.0, backoff_secs=30.0)

    def stop_soon() -> None:
        time.sleep(0.6)
        flag.set()
        file.touch()

    threading.Thread(target=stop_soon).start()
    result = crawl.run(fetcher, specs(3, 100))
    assert result.secs < 4
    assert result.holds
    assert set(result.reasons) == {"pages", "cancelled"}
    assert result.reasons["pages"] >= 3 + 1, "what was in flight and quick was finished"
    assert result.reasons["pages"] + result.reasons["cancelled"] < 300, "the rest was not even expanded"
    assert any("cancelled" in note for note in result.notes)


def test_a_visit_begun_after_the_stop_ends_at_once(crawl: Any, server: Any) -> None:
    anything(server)
    fetcher = crawl.open({}, stop=lambda: True)
    time.sleep(0.05)
    result = crawl.run(fetcher, specs(2, 3))
    assert (result.reasons["pages"], result.holds, server.paths()) == (0, True, [])


def test_closing_the_fetcher_frees_whoever_waits(crawl: Any, server: Any) -> None:
    async def hang(_hit: Any, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    anything(server, hang)
    fetcher = crawl.open({})
    visit = fetcher.visit()
    for key, spec in specs(1):
        visit.admit(key, [spec])
    threading.Timer(0.3, fetcher.close).start()
    started = time.monotonic()
    with pytest.raises(RuntimeError, match="closed"):
        list(visit.drain())
    assert time.monotonic() - started < 4
    fetcher.close()


def test_progress_counts_what_has_happened(crawl: Any, server: Any) -> None:
    anything(server)
    server.on("/1", server.page("", 500), server.page("<b>x</b>"))
    server.on("/2", server.page("", 404))
    fetcher = crawl.open({})
    crawl.run(fetcher, specs(1, 4))
    progress = fetcher.progress()
    assert (progress.pages, progress.letters, progress.retries, progress.requests) == (
        {"shop": 3},
        {("shop", "http_4xx"): 1},
        1,
        5,
    )
    assert (progress.hosts_open, progress.hosts_waiting, progress.waiting_pages, progress.bytes) == (0, 0, 0, 24)


def test_a_visit_that_is_abandoned_gives_its_hosts_back(crawl: Any, server: Any) -> None:
    async def hang(_hit: Any, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    anything(server, hang)
    fetcher = crawl.open({}, max_hosts=2, max_waiting_pages=4)
    visit = fetcher.visit()
    for key, spec in specs(2, 50):
        visit.admit(key, [spec])
    time.sleep(0.2)
    visit.abandon()
    anything(server)
    assert crawl.run(fetcher, specs(2, 3)).reasons == {"pages": 6}
    assert fetcher.progress().hosts_open == 0
    assert list(visit.drain()) == []


def test_a_parser_that_calls_exit_costs_one_page(crawl: Any, server: Any) -> None:
    anything(server)

    def read(page: Any) -> Any:
        if page.request.url.endswith("/1"):
            raise SystemExit(3)
        return crawl.read_links(page)

    result = crawl(["/0", "/1", "/2"], read=read)
    assert (result.reasons, result.holds) == ({"pages": 2, "parse_error": 1}, True)


def test_a_mistake_of_the_fetcher_s_own_is_told_to_whoever_waits(crawl: Any, server: Any) -> None:
    anything(server)

    def broken_clock() -> float:
        raise KeyError("clock")

    fetcher = crawl.open({}, clock=broken_clock)
    with pytest.raises(RuntimeError, match="mistake"):
        crawl.run(fetcher, specs(1))
