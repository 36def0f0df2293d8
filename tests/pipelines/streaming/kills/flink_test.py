"""On a Flink cluster with two worker processes: a worker dies, and the task manager; events come twice."""

import time
from typing import Any

import pytest

from pipelines.engines.flink.cluster import FlinkCluster
from schemas.events.event import Event
from tests.pipelines.whole_runs import Project

pytestmark = [
    pytest.mark.engines,
    pytest.mark.timeout(600),
    pytest.mark.parametrize("engine", ["flink"], indirect=True),
]
ONE_A_HOST = {"delay_secs": 0, "concurrency": 1}
SECS = 300.0


def replace_the_task_manager(flink: FlinkCluster) -> None:
    flink.kill_task_manager()
    flink.start_task_manager()


def raw_output(project: Project) -> Event:
    """Of a scraper that ran elsewhere; gives its event."""
    folder = project.folder / "raw"
    folder.mkdir()
    (folder / "of.json").write_text('[{"id": "1"}, {"id": "2"}]')
    project.write(
        "elsewhere.yaml",
        f"source: elsewhere\ntable: elsewhere.items\nkey: [sku]\nraw: {{scrapers: [there], within: [{folder}]}}\n"
        "items: {jmes: '[]'}\nfields: {sku: {jmes: id, required: true}}\n",
    )
    said = {"scraper_name": "there", "status": "success", "gcs_path": str(folder / "of.json")}
    return Event("scraper.complete", "raw", "/kills", time.time(), said)


def test_a_worker_and_the_task_manager_die_and_events_come_twice(front: Any, flink: FlinkCluster) -> None:
    at = front(80, 8, politeness=ONE_A_HOST)
    at.carrier.publish([*at.campaign.make_events()[::2], raw_output(at.project)])
    running = at.start()
    at.wait_for_pages(running, 20)
    at.kill(running, running.workers()[:1])
    at.wait_for_suspects(running)
    replace_the_task_manager(flink)
    at.wait_for_end(running, more=1, secs=SECS)
    running.stop()
    at.check()
    assert {row["sku"] for row in at.project.records("rows") if row["source"] == "elsewhere"} == {"1", "2"}


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("dies", ["worker", "task manager"])
@pytest.mark.parametrize("repetition", range(10))
def test_a_death_with_500_events_in_flight(front: Any, flink: FlinkCluster, dies: str, repetition: int) -> None:
    at = front(500, 20)
    running = at.start()
    at.wait_for_pages(running, 50 + 20 * repetition)
    if dies == "worker":
        at.kill(running, running.workers()[:1])
    else:
        replace_the_task_manager(flink)
    at.wait_for_end(running, secs=900)
    running.stop()
    at.check()
