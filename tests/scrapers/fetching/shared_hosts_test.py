"""Several fetchers, as several processes have them, and hosts that one of them has."""

import threading
import time
from collections.abc import Callable
from typing import Any

from schemas.request import Request, RequestSpec


class Locks:
    """Of all processes: hosts that others have, and what is told of those that are free.

    Attributes:
      asked: hosts that were asked for in vain.
    """

    def __init__(self, *taken: str, paused_secs: float = -1.0) -> None:
        self.taken, self.paused_secs = set(taken), paused_secs
        self.held: list[str] = []
        self.given_back: list[tuple[str, float]] = []
        self.asked = threading.Event()

    def take(self, key: tuple[str, int]) -> float | None:
        if key[0] in self.taken:
            self.asked.set()
            return None
        assert key[0] not in self.held
        self.held.append(key[0])
        return self.paused_secs

    def give_back(self, key: tuple[str, int], paused_secs: float) -> None:
        self.held.remove(key[0])
        self.given_back.append((key[0], paused_secs))


def in_a_thread(work: Callable[[], Any]) -> tuple[list[Any], threading.Thread]:
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.append(work()))
    thread.start()
    return got, thread


def test_a_host_that_another_process_has_waits_and_keeps_no_other_waiting(crawl: Any, server: Any) -> None:
    server.on_all()
    locks = Locks("host0.test")
    fetcher = crawl.open({}, host_locks=locks)
    got, thread = in_a_thread(lambda: crawl.run(fetcher, crawl.specs(3, 2)))
    assert locks.asked.wait(60)
    while len(server.paths()) < 4:
        assert thread.is_alive()
        time.sleep(0.01)
    assert {hit.headers["host"] for hit in server.hits} == {"host1.test", "host2.test"}

    locks.taken.clear()
    thread.join(60)
    assert (got[0].reasons, got[0].holds) == ({"pages": 6}, True)
    assert sorted(locks.given_back) == [(f"host{number}.test", 0.0) for number in range(3)]
    assert locks.held == []


def test_a_pause_that_a_host_asked_another_process_for_is_kept(crawl: Any, server: Any) -> None:
    server.on_all()
    fetcher = crawl.open({}, host_locks=Locks(paused_secs=0.4))

    result = crawl.run(fetcher, crawl.specs(1, 1))

    assert result.reasons == {"pages": 1}
    assert result.secs >= 0.4


def test_what_waits_for_a_host_ends_when_the_run_is_to_end(crawl: Any, server: Any) -> None:
    server.on_all()
    locks = Locks("host0.test")
    fetcher = crawl.open({}, host_locks=locks, stop=locks.asked.is_set, grace_secs=0.1)

    result = crawl.run(fetcher, crawl.specs(1, 3))

    assert ([note[:9] for note in result.notes], result.holds) == (["cancelled"], True)
    assert server.paths() == []


def test_what_waits_for_a_host_ends_when_nobody_wants_it_any_more(crawl: Any, server: Any) -> None:
    server.on_all()
    locks = Locks("host0.test")
    fetcher = crawl.open({}, host_locks=locks)
    request = Request("shop", "http://host0.test/", "e" * 24)
    spec = RequestSpec("shop", "e" * 24, (request,), deadline_at=time.time() + 0.5)

    result = crawl.run(fetcher, [(("host0.test", 0), spec)])

    assert (result.reasons, result.holds) == ({"expired": 1}, True)
    assert server.paths() == []


def test_a_visit_that_is_abandoned_waits_for_no_host(crawl: Any, server: Any) -> None:
    server.on_all()
    locks = Locks("host0.test")
    fetcher = crawl.open({}, host_locks=locks)
    visit = fetcher.visit()
    for key, spec in crawl.specs(1, 3):
        visit.admit(key, [spec])
    assert locks.asked.wait(60)
    visit.abandon()
    locks.taken.clear()

    assert crawl.run(fetcher, crawl.specs(1, 1)).reasons == {"pages": 1}
    assert server.paths() == ["/0"]
