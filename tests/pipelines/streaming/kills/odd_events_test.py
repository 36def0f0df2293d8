"""Events that are not like the others, among many that are."""

import json
import threading
import time
from typing import Any

import pytest

from schemas.events.event import Event
from schemas.events.messages import iso
from tests.pipelines.conftest import eventually
from tests.pipelines.loopback_site import Answer

pytestmark = pytest.mark.timeout(240)
loop_only = pytest.mark.parametrize("engine", ["loop"], indirect=True)
DEADLY = (
    "import os, signal\nfrom scrapers.extraction.scraper import Scraper\n\n\n"
    "class Deadly(Scraper):\n    def parse(self, page):\n        os.kill(os.getpid(), signal.SIGKILL)\n"
)


def write_source(at: Any, name: str, urls: list[str]) -> None:
    at.project.write(
        f"{name}.yaml",
        f"source: {name}\ntable: {name}.items\nkey: [sku]\nseeds: {{urls: {urls}}}\nitems: {{css: b}}\n"
        "politeness: {delay_secs: 0, concurrency: 1}\nfields: {sku: {css: '::attr(id)', required: true}}\n",
    )


def request(*names: str, event_id: str = "odd", sent: float | None = None, **more: Any) -> Event:
    return Event("scrape.requested", event_id, "/odd", sent or time.time(), {"sources": list(names), **more})


def refused(at: Any) -> list[dict[str, Any]]:
    """Letters of events as such."""
    return [one for one in at.project.records("dead_letters") if one["stage"] == "event"]


def test_a_poison_page_is_one_letter_and_the_others_are_rows(front: Any) -> None:
    at = front(24, 6)
    write_source(at, "deadly", ["http://deadly.test/p/0"])
    at.project.write("deadly.py", DEADLY)
    at.carrier.publish([request("deadly")])
    running = at.start()
    at.wait_for_end(running, more=1)
    running.stop()
    assert [one["reason"] for one in at.project.records("dead_letters") if one["source"] == "deadly"] == ["poison"]
    at.check()


@loop_only
def test_an_event_from_the_future_is_a_letter(front: Any) -> None:
    at = front(24, 6)
    at.carrier.publish([request("s0", sent=time.time() + 3_600)])
    running = at.start()
    eventually(lambda: refused(at) or running.has_ended())
    at.wait_for_end(running, more=at.engine.carrier == "spool")  # Pub/Sub is told of executions only
    running.stop()
    [letter] = refused(at)
    assert letter["reason"] == "malformed_event"
    assert "it is from the future, by" in letter["message"]
    at.check()


def test_what_is_left_at_a_deadline_is_letters_and_its_execution_closes(front: Any) -> None:
    at = front(24, 6)
    write_source(at, "late", ["http://late.test/p/0"])
    running = at.start()
    at.wait_for_pages(running, 1)
    deadline, answer = time.time() + 8, at.site.answer

    def page(wanted: str) -> Answer:
        while wanted == "late.test/p/1" and time.time() <= deadline:
            threading.Event().wait(0.1)
        said: Answer = answer(wanted)
        return said

    at.site.answer = page
    urls = [f"http://late.test/p/{number}" for number in range(5)]
    at.carrier.publish([request("late", urls=urls, deadline=iso(deadline))])
    at.wait_for_end(running, more=1)
    running.stop()
    [execution] = [one for one in at.project.records("executions") if one["source"] == "late"]
    assert (execution["status"], execution["holds"]) == ("failed", True)
    assert execution["rows"] == 3, "two pages, and an item that both have"
    assert json.loads(execution["dead_by_reason"]) == {"expired": 3}
    at.check()


def test_a_slow_host_with_1000_requests_keeps_no_quick_event(front: Any) -> None:
    """Its first page is answered only when all quick events have ended: they wait for none of its thousand."""
    at = front(48, 6)
    go_on, answer = threading.Event(), at.site.answer

    def page(wanted: str) -> Answer:
        if not wanted.startswith("slow.test/"):
            said: Answer = answer(wanted)
            return said
        assert go_on.wait(200)
        return Answer(f"<b id='{wanted}'>x</b>")

    at.site.answer = page
    write_source(at, "slow", ["http://slow.test/p/0"])
    for part in range(10):  # more of them than there are slots
        urls = [f"http://slow.test/p/{part * 100 + number}" for number in range(100)]
        at.carrier.publish([request("slow", event_id=f"slow-{part}", urls=urls, sent=time.time() - 100 + part)])
    running = at.start()
    eventually(lambda: at.carrier.ended() >= at.campaign.events or running.has_ended(), 200)
    assert not any(row["source"] == "slow" for row in at.project.records("rows"))
    go_on.set()
    at.wait_for_end(running, more=10)
    running.stop()
    assert len([row for row in at.project.records("rows") if row["source"] == "slow"]) == 1_000
    at.check()


@loop_only
def test_100_sources_at_once(front: Any) -> None:
    """One event names 100 sources of 100 hosts: one execution each."""
    at = front(24, 6)
    names = [f"many{number}" for number in range(100)]
    for name in names:
        write_source(at, name, [f"http://{name}.test/p/0"])
    at.carrier.publish([request(*names)])
    running = at.start()
    at.wait_for_end(running, more=1 if at.engine.carrier == "spool" else len(names))
    running.stop()
    executions = [one for one in at.project.records("executions") if one["source"].startswith("many")]
    assert sorted(one["source"] for one in executions) == sorted(names)
    assert all(one["status"] == "success" and one["rows"] == 2 for one in executions)
    at.check()
