"""Requests that were at work when a process died are fetched alone; those that were twice are not fetched."""

import asyncio
from typing import Any

import pytest

from schemas.ids import content_id
from schemas.page import Page
from schemas.reading import Reading
from scrapers.fetching.attempt_notes import NoNotes


class Notes(NoNotes):
    """Remembers what was noted."""

    def __init__(self, crashes: dict[str, int] | None = None) -> None:
        self.known = crashes or {}
        self.at_work: list[str] = []
        self.begun: list[str] = []
        self.acquitted: set[str] = set()

    @property
    def crashes(self) -> dict[str, int]:
        return self.known

    def refresh(self) -> bool:
        return True

    def begin(self, request_id: str) -> None:
        self.at_work.append(request_id)
        self.begun.append(request_id)

    def acquit(self, request_id: str) -> None:
        self.acquitted.add(request_id)

    def end(self, request_id: str) -> None:
        if request_id in self.at_work:
            self.at_work.remove(request_id)


def request_id(crawl: Any, host: str, page: int) -> str:
    specs = {key[0]: spec for key, spec in crawl.specs(4, 8)}
    found: str = specs[host].requests[page].request_id
    return found


def test_a_suspect_is_fetched_and_read_while_nothing_else_is_at_work(crawl: Any, server: Any) -> None:
    fetching: dict[int, str] = {}
    met: dict[str, int] = {}

    async def answer(hit: Any, writer: asyncio.StreamWriter) -> None:
        name = f"{hit.headers['host']}{hit.path}"
        fetching[id(hit)] = name
        for one in fetching.values():
            met[one] = max(met.get(one, 0), len(fetching))
        await asyncio.sleep(0.02)
        del fetching[id(hit)]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 8\r\n\r\n<b>x</b>")

    def read(page: Page) -> Reading:
        if page.request.request_id in suspects:
            assert not fetching
            assert notes.at_work == [page.request.request_id]
        reading: Reading = crawl.read_links(page)
        return reading

    suspects = {request_id(crawl, "host1.test", 3), request_id(crawl, "host2.test", 0)}
    notes = Notes(dict.fromkeys(suspects, 1))
    server.on_all(answer)
    source = {"politeness": {"delay_secs": 0, "concurrency": 4, "robots": {"ignore": True, "because": "a test"}}}
    result = crawl.run(crawl.open(source, read=read, notes=notes), crawl.specs(4, 8))

    assert (result.reasons, result.holds) == ({"pages": 32}, True)
    assert (met["host1.test/3"], met["host2.test/0"]) == (1, 1)
    assert max(met.values()) > 4
    assert (notes.at_work, notes.acquitted) == ([], suspects)


def test_what_killed_two_processes_is_a_letter_and_is_not_fetched(crawl: Any, server: Any) -> None:
    server.on_all()
    notes = Notes({request_id(crawl, "host0.test", 1): 2})

    result = crawl.run(crawl.open({}, notes=notes), crawl.specs(1, 3))

    assert (result.reasons, result.holds) == ({"pages": 2, "poison": 1}, True)
    letter = result.letters["/1"]
    assert (letter.message, letter.attempts) == ("killed its worker process twice", 2)
    assert "/1" not in server.paths()
    assert notes.acquitted == set()


def test_a_living_fetcher_learns_what_others_died_of(crawl: Any, server: Any) -> None:
    server.on_all()
    notes = Notes()
    fetcher = crawl.open({}, notes=notes)
    assert crawl.run(fetcher, crawl.specs(1, 3)).reasons == {"pages": 3}

    notes.known = {request_id(crawl, "host0.test", 1): 2, request_id(crawl, "host0.test", 2): 1}
    fetcher.look_for_crashes()

    result = crawl.run(fetcher, crawl.specs(1, 3))
    assert (result.reasons, result.holds) == ({"pages": 2, "poison": 1}, True)
    assert notes.acquitted == {request_id(crawl, "host0.test", 2)}


@pytest.mark.parametrize("crashes", [{}, {content_id("another"): 1}])
def test_every_request_is_noted_once_an_attempt_and_none_is_left(
    crawl: Any, server: Any, crashes: dict[str, int]
) -> None:
    server.on_all()
    server.on("/1", server.page("", 500), server.page("<b>x</b>"))
    server.on("/2", server.page("", 404))
    notes = Notes(crashes)

    result = crawl.run(crawl.open({}, notes=notes), crawl.specs(2, 5))

    assert result.holds
    assert len(notes.begun) == 2 * 5 + 1  # one answer of 500 for both hosts together
    assert notes.at_work == []


def test_a_run_that_is_stopped_leaves_no_suspect_waiting(crawl: Any, server: Any) -> None:
    async def hang(_hit: Any, _writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await asyncio.sleep(60)

    arrived = asyncio.Event()
    server.on_all(hang)
    notes = Notes({request_id(crawl, "host1.test", 0): 1})
    source = {"politeness": {"delay_secs": 0, "concurrency": 2, "robots": {"ignore": True, "because": "a test"}}}
    fetcher = crawl.open(source, notes=notes, stop=arrived.is_set, grace_secs=0.2)

    result = crawl.run(fetcher, crawl.specs(3, 3))

    assert (set(result.reasons), result.holds, notes.at_work) == ({"cancelled"}, True, [])
    assert notes.acquitted == set()
