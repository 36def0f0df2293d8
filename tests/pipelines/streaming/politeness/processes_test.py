"""Politeness holds for a host, however many processes of a machine there are and whatever becomes of them.

A process has a host for itself as long as it works there (a lock that dies with it), and waits one full delay when it
takes over a host from another. Every claim is checked on what the hosts saw.

A zombie (a worker that is stopped for longer than its lease, and then goes on) keeps its locks while it is stopped: on
this machine nobody else touches its hosts meanwhile, and its events that Pub/Sub gives to others wait. On another
machine nobody knows of those locks: there the zombie can have as many requests at a host as it had in flight, besides
those of the process that has the host now, until each is answered or has had its time-out (`fetch.timeout_secs`); and
until it is told, by the lock of the event's run or by a lease that is gone, its next ones too. So one spool or
subscription of polite sources belongs to one machine of this loop; many machines are what engines are for.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.pipelines.conftest import eventually
from tests.pipelines.loopback_site import Site
from tests.pipelines.streaming.kills.carriers import SpoolCarrier
from tests.pipelines.streaming.kills.engines import ENGINES, Running
from tests.pipelines.streaming.politeness.polite_hosts import (
    EVENT_SECS,
    HOSTS,
    PAGES,
    check_polite,
    page,
    write_sources,
)
from tests.pipelines.streaming.politeness.recording_site import Visits

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def visits() -> Visits:
    return Visits(page, secs=0.05)


@pytest.fixture
def site_of(visits: Visits) -> Iterator[Site]:
    opened = Site(visits.answer)
    yield opened
    opened.close()


@pytest.fixture
def start(project_of_runs: Any, site_of: Site, streaming: Any) -> Callable[[], Running]:
    """Starts one more command on the spool."""
    project, carrier = project_of_runs, SpoolCarrier(streaming.spool)

    def start_one() -> Running:
        words = [*carrier.words, *site_of.resolve, "--output", str(project.output), "--slots", "2"]
        return ENGINES["loop"].start(project, *words)

    return start_one


@contextlib.contextmanager
def publishing(streaming: Any, events: range) -> Iterator[None]:
    """One event after another while the workers run: who is first would claim all that there are."""
    ended = threading.Event()

    def publish() -> None:
        for number in events:
            streaming.put(f"s{number % HOSTS}")
            ended.wait(EVENT_SECS)

    publisher = threading.Thread(target=publish)
    publisher.start()
    try:
        yield
    finally:
        ended.set()
        publisher.join()


def killed(running: Running, before: list[int]) -> list[int]:
    """Kills workers that were not there before; their supervisor starts others. Gives the ids of all there were."""
    own = [pid for pid in running.workers() if pid not in before]
    for pid in own:
        os.kill(pid, signal.SIGKILL)
    return own


def test_hosts_see_no_more_than_allowed_while_workers_join_leave_and_die(
    streaming: Any, start: Any, visits: Visits
) -> None:
    write_sources(streaming.run)
    events = 5 * HOSTS

    def ended() -> int:
        return len(streaming.names("done"))

    first = start()
    eventually(lambda: "ready" in streaming.run.said())
    before = first.workers()
    second, third = start(), start()
    eventually(lambda: len(first.workers()) == 3)
    with publishing(streaming, range(events)):
        eventually(lambda: ended() >= 5)
        killed(first, before)
        eventually(lambda: ended() >= 10)
        second.stop()
        fourth = start()
        eventually(lambda: ended() >= 15)
        killed(first, [])
        streaming.wait_for(events)
    for one in (first, third, fourth):
        one.stop()

    check_polite(visits)
    rows = streaming.run.records("rows")
    assert len({(row["execution_id"], row["row_id"]) for row in rows}) == len(rows)
    assert len(rows) == events * PAGES + 2 * 5 * PAGES  # of the pages, and of those they link to


def test_a_stopped_worker_keeps_its_host_and_goes_on_politely(streaming: Any, start: Any, visits: Visits) -> None:
    """The worker is stopped at its first page, before there are other events: it can have claimed none of those. The
    one that joins is given events of its host first, and has time for three pages of another meanwhile."""
    write_sources(streaming.run)
    events, its_host = 2 * HOSTS, visits.seen["h0.test"]
    first = start()
    eventually(lambda: "ready" in streaming.run.said())
    zombies = first.workers()
    streaming.put("s0")
    eventually(lambda: its_host.came)
    for pid in zombies:
        os.kill(pid, signal.SIGSTOP)
    eventually(lambda: not its_host.here)
    came = len(its_host.came)
    second = start()
    with publishing(streaming, range(events)):
        eventually(lambda: {"h1.test", "h2.test", "h3.test"} <= set(visits.seen))
        assert len(its_host.came) == came
        for pid in zombies:
            os.kill(pid, signal.SIGCONT)
        streaming.wait_for(1 + events)
    for one in (first, second):
        one.stop()
    check_polite(visits)
