"""On Flink with two worker processes hosts see no more than allowed either: also while a worker dies, and another
process takes over its hosts."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pipelines.engines.flink.cluster import FlinkCluster
from pipelines.engines.flink.workers import WorkerPool
from schemas.events.event import Event
from tests.pipelines.conftest import eventually
from tests.pipelines.loopback_site import Site
from tests.pipelines.streaming.kills.carriers import PubSubCarrier
from tests.pipelines.streaming.kills.engines import LEASE, Engine
from tests.pipelines.streaming.politeness.polite_hosts import HOSTS, PAGES, check_polite, page, write_sources
from tests.pipelines.streaming.politeness.recording_site import Visits

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]

SECS = 300.0
EVENTS = 5 * HOSTS


@pytest.fixture
def site_of(visits: Visits) -> Iterator[Site]:
    opened = Site(visits.answer)
    yield opened
    opened.close()


@pytest.fixture
def visits() -> Visits:
    return Visits(page, secs=0.05)


def test_hosts_see_no_more_than_allowed_while_a_worker_dies(
    project_of_runs: Any,
    pubsub: Any,
    flink: FlinkCluster,
    flink_workers: Callable[..., WorkerPool],
    visits: Visits,
    site_of: Site,
) -> None:
    project, carrier = project_of_runs, PubSubCarrier(pubsub)
    write_sources(project)
    pool = flink_workers()
    engine = Engine("flink", (*flink.flags, *pool.flags, LEASE), "", pids=pool.pids)
    running = engine.start(project, *carrier.words, *site_of.resolve, "--output", str(project.output))
    carrier.publish(
        Event("scrape.requested", f"polite-{number}", "/polite", time.time(), {"sources": [f"s{number % HOSTS}"]})
        for number in range(EVENTS)
    )
    eventually(lambda: carrier.ended() >= EVENTS // 5 or running.has_ended(), SECS)
    assert len(running.workers()) == 2
    os.kill(running.workers()[0], signal.SIGKILL)
    eventually(lambda: carrier.ended() >= EVENTS or running.has_ended(), SECS)
    running.stop()

    check_polite(visits)
    rows = {(row["execution_id"], row["row_id"]) for row in project.records("rows")}
    assert len(rows) == EVENTS * PAGES + 2 * 5 * PAGES, project.everything_said()
