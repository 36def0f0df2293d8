"""How a run ends early: stopped, closed, abandoned, or by a mistake."""

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from schemas.request import Request, RequestSpec


async def half_a_second(_hit: Any, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0.5)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 8\r\n\r\n<b>x</b>")


@pytest.mark.parametrize("kind", ["function", "file"])
def test_stop_ends_a_run_in_seconds_with_everything_accounted_for(
    crawl: Any, server: Any, tmp_path: Path, kind: str
) -> None:
    async def hang(_hit: Any, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    server.on_all()
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
    result = crawl.run(fetcher, crawl.specs(3, 100))
    assert result.secs < 25, "nobody waited for the backoff of 30 s"
    assert result.holds
    assert set(result.reasons) == {"pages", "cancelled"}
    assert result.reasons["pages"] >= 3 + 1, "what was in flight and quick was finished"
    assert result.reasons["pages"] + result.reasons["cancelled"] < 300, "the rest was not even expanded"
    assert any("cancelled" in note for note in result.notes)


def test_a_visit_begun_after_the_stop_ends_at_once(crawl: Any, server: Any) -> None:
    server.on_all()
    fetcher = crawl.open({}, stop=lambda: True)
    time.sleep(0.05)
    result = crawl.run(fetcher, crawl.specs(2, 3))
    assert (result.reasons["pages"], result.holds, server.paths()) == (0, True, [])


def test_closing_the_fetcher_frees_whoever_waits(crawl: Any, server: Any) -> None:
    async def hang(_hit: Any, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    server.on_all(hang)
    fetcher = crawl.open({})
    visit = fetcher.visit()
    for key, spec in crawl.specs(1):
        visit.admit(key, [spec])
    threading.Timer(0.3, fetcher.close).start()
    started = time.monotonic()
    with pytest.raises(RuntimeError, match="closed"):
        list(visit.drain())
    assert time.monotonic() - started < 30
    fetcher.close()


def test_a_visit_that_is_abandoned_gives_its_hosts_back(crawl: Any, server: Any) -> None:
    async def hang(_hit: Any, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    server.on_all(hang)
    fetcher = crawl.open({}, max_hosts=2, max_waiting_pages=4)
    visit = fetcher.visit()
    for key, spec in crawl.specs(2, 50):
        visit.admit(key, [spec])
    time.sleep(0.2)
    visit.abandon()
    server.on_all()
    assert crawl.run(fetcher, crawl.specs(2, 3)).reasons == {"pages": 6}
    assert fetcher.progress().hosts_open == 0
    assert list(visit.drain()) == []


def test_a_parser_that_calls_exit_costs_one_page(crawl: Any, server: Any) -> None:
    server.on_all()

    def read(page: Any) -> Any:
        if page.request.url.endswith("/1"):
            raise SystemExit(3)
        return crawl.read_links(page)

    result = crawl(["/0", "/1", "/2"], read=read)
    assert (result.reasons, result.holds) == ({"pages": 2, "parse_error": 1}, True)


def test_a_mistake_of_the_fetcher_s_own_is_told_to_whoever_waits(crawl: Any, server: Any) -> None:
    server.on_all()

    def broken_clock() -> float:
        raise KeyError("clock")

    fetcher = crawl.open({}, clock=broken_clock)
    with pytest.raises(RuntimeError, match="mistake"):
        crawl.run(fetcher, crawl.specs(1))


@pytest.mark.parametrize("source", [{}, {"limits": {"max_pages": 1}}])
def test_requests_that_pages_led_to_end_one_by_one_when_they_are_left_out(
    crawl: Any, server: Any, source: dict[str, Any]
) -> None:
    """A page has made them known, with the items that they carry, when their spec comes to the host's owner."""
    server.on_all()
    stopped = not source
    fetcher = crawl.open({**source, "politeness": {"concurrency": 1}}, stop=lambda: stopped)
    time.sleep(0.5)
    requests = tuple(Request("shop", f"http://host0.test/{n}", "e" * 24, referrer="a" * 24) for n in range(5))
    result = crawl.run(fetcher, [(("host0.test", 0), RequestSpec("shop", "e" * 24, requests))])

    assert {one.request_id for one in requests} <= {one.outcome.request_id for one in result.scraped}
    assert result.reasons == ({"cancelled": 5} if stopped else {"pages": 1, "over_limit": 4})
    assert result.holds
