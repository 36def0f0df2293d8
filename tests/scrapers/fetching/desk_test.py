"""The work on one host in a stream: what is written down is enough to go on from, and nothing ends twice."""

import asyncio
import copy
import functools
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from schemas.outcome import Scraped
from schemas.request import Request, RequestSpec
from schemas.tally import Tally, unaccounted
from scrapers.fetching.desk_log import open_specs
from scrapers.fetching.desks import Desks

EXECUTION = "e" * 24
KEY = ("shop.test", 0)
LONG_SECS = 60.0


class Store:
    """What an engine keeps of one host, and what came out: a look is a bundle that is committed, or taken back."""

    def __init__(self) -> None:
        self.jots: list[Any] = []
        self.token: str | None = None
        self.paused_until = 0.0
        self.out: list[Scraped | RequestSpec] = []
        self.planned: list[RequestSpec] = []

    def look(self, desks: Desks, *specs: RequestSpec, fails: bool = False) -> Any:
        desk = desks.desk(KEY)
        if not desk.knows(self.token):
            desk.restore(copy.copy(self.jots), self.paused_until)
        for spec in specs:
            desk.take(spec)
        out, change = desk.finished(), desk.change()
        if fails:
            return desk
        self.out += out
        self.planned += specs
        if change is not None:
            self.jots = [*([] if change.rewrites else self.jots), *change.jots]
            self.token, self.paused_until = change.token, change.paused_until
        return desk

    def until(self, desks: Desks, is_so: Callable[["Store"], object]) -> None:
        until = time.monotonic() + LONG_SECS
        while not is_so(self):
            assert time.monotonic() < until, self.reasons
            self.look(desks)
            time.sleep(0.01)

    def to_the_end(self, desks: Desks) -> "Store":
        self.until(desks, lambda store: store.look(desks).is_idle)
        return self

    @property
    def scraped(self) -> list[Scraped]:
        return [one for one in self.out if isinstance(one, Scraped)]

    @property
    def onward(self) -> list[RequestSpec]:
        return [one for one in self.out if isinstance(one, RequestSpec)]

    @property
    def ends(self) -> Counter[str]:
        return Counter(one.outcome.request_id for one in self.scraped if one.outcome.request_id)

    @property
    def reasons(self) -> Counter[str]:
        real = [one.outcome for one in self.scraped if one.outcome.request_id and not one.outcome.is_spec]
        return Counter(outcome.reason or outcome.end for outcome in real)

    @property
    def holds(self) -> bool:
        """What was known is what ended, each once; requests for other hosts are left out on both sides."""
        tally = Tally()
        tally.know([spec.spec_id for spec in self.planned])
        for one in self.scraped:
            tally.end(one.outcome)
        left = [spec.spec_id for spec in self.onward] + [r.request_id for spec in self.onward for r in spec.requests]
        for one_left in left:
            tally.ended += bytes.fromhex(one_left[:16])
        return unaccounted(tally) == (0, 0) and set(self.ends.values()) <= {1}


def spec_of(*paths: str, **fields: Any) -> RequestSpec:
    requests = [Request("shop", f"http://shop.test/{path}", EXECUTION) for path in paths]
    return RequestSpec("shop", EXECUTION, tuple(requests), **fields)


def has_pages(count: int, store: Store) -> bool:
    return store.reasons["pages"] >= count


class HeldPage:
    """A page that is answered when the test says so."""

    def __init__(self, body: str) -> None:
        self.opened = threading.Event()
        self._body = body.encode()

    async def __call__(self, _hit: Any, writer: asyncio.StreamWriter) -> None:
        await asyncio.to_thread(self.opened.wait, LONG_SECS)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(self._body)}\r\n\r\n"
        writer.write(head.encode() + self._body)


@pytest.fixture
def open_desks(crawl: Any) -> Callable[..., Desks]:
    """Opens the desks of a new process; the one before is gone with its fetcher."""

    def opens(source: dict[str, Any] | None = None, **settings: Any) -> Desks:
        return Desks(crawl.open({"seeds": {"urls": ["http://shop.test/"]}, **(source or {})}, **settings))

    return opens


def test_pages_and_their_follow_ups_end_once_and_nothing_stays_written_down(open_desks: Any, server: Any) -> None:
    server.on_all()
    server.on(
        "/list", server.page('<b>list</b><a href="/a">a</a><a href="/b">b</a><a href="http://other.test/c">c</a>')
    )
    desks, store = open_desks(), Store()

    store.look(desks, spec_of("list", "a", deadline_at=2e9))
    store.to_the_end(desks)

    assert store.reasons == {"pages": 3}
    assert [(spec.requests[0].url, spec.deadline_at) for spec in store.onward] == [("http://other.test/c", 2e9)]
    assert store.holds
    assert not store.jots
    assert sum(use.requests for one in store.scraped for use in (one.outcome.hosts or {}).values()) == 4  # robots.txt


def test_a_process_that_dies_between_a_page_and_its_follow_up_loses_nothing(open_desks: Any, server: Any) -> None:
    held = HeldPage("<b>held</b>")
    server.on_all()
    server.on("/list", server.page('<b>list</b><a href="/held">h</a><a href="/quick">q</a>'))
    server.on("/held", held)
    store, desks = Store(), open_desks()
    store.look(desks, spec_of("list", "x"))
    store.until(desks, lambda store: store.reasons["pages"] == 3)

    desks = open_desks()
    held.opened.set()
    store.look(desks)
    store.to_the_end(desks)

    assert store.reasons == {"pages": 4}
    assert store.holds
    assert Counter(server.paths()) == {"/list": 1, "/x": 1, "/quick": 1, "/held": 2}


def test_an_unopened_seed_is_fetched_by_the_next_process(open_desks: Any, server: Any) -> None:
    held = HeldPage("<b>held</b>")
    server.on_all()
    server.on("/1", held)
    source = {"politeness": {"delay_secs": 0, "concurrency": 1}}
    store, desks = Store(), open_desks(source)
    store.look(desks, spec_of(*map(str, range(5))))
    store.until(desks, lambda store: store.reasons["pages"] == 1 and "/1" in server.paths())

    desks = open_desks(source)
    held.opened.set()
    store.to_the_end(desks)

    assert store.reasons == {"pages": 5}
    assert store.holds
    assert Counter(server.paths())["/0"] == 1


def test_a_key_that_moves_away_and_back_goes_on_from_what_is_written_down(
    open_desks: Any, crawl: Any, server: Any
) -> None:
    held = HeldPage("<b>held</b>")
    server.on_all()
    server.on("/held", held)
    store = Store()
    here = open_desks()
    there = Desks(crawl.fetcher)
    store.look(here, spec_of("held", "1"))
    store.until(here, lambda store: store.reasons["pages"] == 1)
    here_desk = here.desk(KEY)

    here_desk.discard()  # as a process does that nobody asks about the host any more
    store.look(there, spec_of("2"))
    store.until(there, lambda store: store.reasons["pages"] == 2)
    there.desk(KEY).discard()
    held.opened.set()
    store.look(here, spec_of("3"))
    store.to_the_end(here)

    assert store.reasons == {"pages": 4}
    assert store.holds


def test_what_a_failed_bundle_took_comes_again(open_desks: Any, server: Any) -> None:
    server.on_all()
    desks, store = open_desks(), Store()
    store.look(desks, spec_of("1", "2"))
    until = time.monotonic() + LONG_SECS
    while len(server.paths()) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.2)

    store.look(desks, fails=True)
    store.look(desks, spec_of("3"), fails=True)
    store.look(desks, spec_of("3"))
    store.to_the_end(desks)

    assert store.reasons == {"pages": 3}
    assert store.holds


def test_a_spec_that_comes_twice_is_worked_on_once(open_desks: Any, server: Any) -> None:
    server.on_all()
    desks, store = open_desks(), Store()

    store.look(desks, spec_of("1"))
    store.look(desks, spec_of("1"))
    store.to_the_end(desks)

    assert store.reasons == {"pages": 1}
    assert store.holds


def test_after_its_deadline_nothing_more_of_an_execution_is_fetched(open_desks: Any, server: Any) -> None:
    held = HeldPage("<b>held</b>")
    server.on_all()
    server.on("/0", held)
    now = [1000.0]
    desks = open_desks({"politeness": {"delay_secs": 0, "concurrency": 1}}, clock=lambda: now[0])
    store = Store()
    store.look(desks, spec_of("0", "1", "2", deadline_at=2000.0))
    store.until(desks, lambda _store: "/0" in server.paths())

    now[0] = 2001.0
    held.opened.set()
    store.to_the_end(desks)

    assert store.reasons == {"pages": 1, "expired": 2}
    assert store.holds
    assert server.paths() == ["/0"]


def test_seeds_that_were_never_announced_expire_together(open_desks: Any, server: Any) -> None:
    server.on_all()
    desks, store = open_desks({"seeds": {"urls": ["http://shop.test/1", "http://shop.test/2"]}}), Store()

    store.look(desks, RequestSpec("shop", EXECUTION, stride=(0, 1), host="shop.test", deadline_at=1.0))
    store.to_the_end(desks)

    assert store.reasons == {"expired": 1}
    assert store.holds
    assert server.paths() == []


def test_a_limit_holds_across_processes(open_desks: Any, server: Any) -> None:
    held = HeldPage("<b>held</b>")
    server.on_all()
    server.on("/1", held)
    source = {"politeness": {"delay_secs": 0, "concurrency": 1}}
    store, desks = Store(), open_desks(source)
    store.look(desks, spec_of(*map(str, range(9)), limit=3))
    store.until(desks, lambda store: store.reasons["pages"] == 1 and "/1" in server.paths())

    held.opened.set()
    store.to_the_end(open_desks(source))

    assert store.reasons["pages"] == 3
    assert store.holds


def test_a_pause_that_the_host_asked_for_is_kept_by_the_next_process(open_desks: Any, server: Any) -> None:
    server.on_all()
    server.on("/busy", server.page("", 429, Retry_After="50"))
    store, desks = Store(), open_desks()
    store.look(desks, spec_of("busy"))
    store.until(desks, lambda store: store.paused_until > time.time() + 20)
    asked = len(server.paths())

    desks = open_desks()
    store.look(desks, spec_of("1"))
    time.sleep(0.5)
    store.look(desks)

    assert len(server.paths()) == asked
    assert not store.reasons


def test_stopped_it_ends_what_is_in_flight_and_leaves_the_rest_written_down(open_desks: Any, server: Any) -> None:
    held = HeldPage("<b>held</b>")
    server.on_all()
    server.on("/0", held)
    source = {"politeness": {"delay_secs": 0, "concurrency": 1}}
    store, desks = Store(), open_desks(source)
    desk = store.look(desks, spec_of("0", "1", "2"))
    store.until(desks, lambda _store: "/0" in server.paths())

    desk.stop()
    held.opened.set()
    until = time.monotonic() + LONG_SECS
    while not desk.has_stopped and time.monotonic() < until:
        time.sleep(0.01)
    store.out += desk.finished()
    change = desk.change()
    store.jots, store.token = [*store.jots, *change.jots], change.token

    assert store.reasons == {"pages": 1}
    store.to_the_end(open_desks(source))
    assert store.reasons == {"pages": 3}
    assert store.holds


def test_a_host_nobody_looks_after_any_more_is_left_alone(
    open_desks: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scrapers.fetching.desk_visit.LAPSE_SECS", 0.5)
    held = HeldPage("<b>held</b>")
    server.on_all()
    server.on("/0", held)
    store, desks = Store(), open_desks({"politeness": {"delay_secs": 0, "concurrency": 1}})
    desk = store.look(desks, spec_of("0", "1", "2"))
    time.sleep(1.0)
    held.opened.set()
    until = time.monotonic() + LONG_SECS
    while not desk.has_stopped and time.monotonic() < until:
        desk.finished()
        time.sleep(0.01)

    assert server.paths() == ["/0"]
    assert not desk.knows(store.token)


def test_nothing_is_begun_on_a_host_while_nobody_looks_after_it(
    open_desks: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scrapers.fetching.desk_visit.HOLD_SECS", 0.3)
    monkeypatch.setattr("scrapers.fetching.desk_visit.LAPSE_SECS", LONG_SECS)
    held = HeldPage("<b>held</b>")
    server.on_all()
    server.on("/0", held)
    store, desks = Store(), open_desks({"politeness": {"delay_secs": 0, "concurrency": 1}})
    store.look(desks, spec_of("0", "1", "2"))
    time.sleep(0.5)
    held.opened.set()
    time.sleep(0.5)

    assert server.paths() == ["/0"]
    store.to_the_end(desks)
    assert (store.reasons, store.holds) == ({"pages": 3}, True)


def test_what_is_written_down_stays_small_on_a_host_that_is_never_idle(open_desks: Any, server: Any) -> None:
    held = HeldPage("<b>held</b>")
    server.on_all()
    server.on("/held", held)
    store, desks = Store(), open_desks()
    store.look(desks, spec_of("held"))
    for number in range(300):
        store.look(desks, spec_of(str(number)))
        store.until(desks, functools.partial(has_pages, number - 10))
    store.until(desks, lambda store: store.reasons["pages"] == 300)

    assert len(store.jots) <= 70
    assert [one.spec.requests[0].url for one in open_specs(reversed(store.jots)).values()] == ["http://shop.test/held"]
    held.opened.set()
    assert store.to_the_end(desks).holds


def test_of_a_source_that_is_gone_each_request_is_a_letter_with_what_it_carries(
    open_desks: Any, crawl: Any, server: Any
) -> None:
    held = HeldPage("<b>held</b>")
    server.on_all()
    server.on("/list", server.page('<b>list</b><a href="/held">h</a>'))
    server.on("/held", held)
    store, desks = Store(), open_desks()
    store.look(desks, spec_of("list"))
    store.until(desks, lambda store: store.reasons["pages"] == 1)

    (crawl.folder / "shop.yaml").unlink()
    desks = open_desks({"source": "another"})
    held.opened.set()
    store.look(
        desks, RequestSpec("shop", EXECUTION, (Request("shop", "http://shop.test/a", EXECUTION, item={"a": 1}),))
    )
    store.to_the_end(desks)

    letters = {one.letter.url: one.letter.item for one in store.scraped if one.letter}
    assert letters == {"http://shop.test/held": None, "http://shop.test/a": {"a": 1}}
    assert store.reasons == {"pages": 1, "unknown_source": 2}
    assert store.holds
    assert not store.jots
