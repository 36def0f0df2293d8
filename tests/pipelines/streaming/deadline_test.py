"""Events with a deadline that passes: before the work, during it, and between two tries."""

import json
import threading
import time
from collections import Counter
from typing import Any

from schemas.events.messages import iso


def letters(streaming: Any) -> Counter[tuple[str, str]]:
    return Counter((one["stage"], one["reason"]) for one in streaming.run.records("dead_letters"))


def test_what_has_not_started_at_the_deadline_is_a_letter_and_the_execution_closes(
    streaming: Any, site: Any, write_source: Any
) -> None:
    """The second page is answered only when the deadline has passed."""
    deadline = time.time() + 5

    def page(wanted: str) -> str:
        if wanted.endswith("/2"):
            while time.time() <= deadline:
                threading.Event().wait(0.1)
        return f"<b id='{wanted}'>x</b>"

    write_source("shop", pages=50, politeness={"delay_secs": 0, "concurrency": 1})
    at = site(page)
    streaming.put("shop", deadline=iso(deadline))
    urls = [f"http://books.test/{number}" for number in range(1, 31)]
    write_source("books", pages=1, politeness={"delay_secs": 0, "concurrency": 1})
    streaming.put("books", deadline=iso(deadline), urls=urls)
    stop = streaming.serve(at)
    streaming.wait_for(2)
    stop()

    assert set(at.pages) == {"shop.test/p/1", "shop.test/p/2", "books.test/1", "books.test/2"}
    assert streaming.skus() == ["books.test/1", "books.test/2", "shop.test/p/1", "shop.test/p/2"]
    executions = {one["source"]: one for one in streaming.run.records("executions")}
    assert all(one["holds"] and one["status"] == "failed" and one["rows"] == 2 for one in executions.values())
    expired = {name: json.loads(one["dead_by_reason"]) for name, one in executions.items()}
    assert expired == {"shop": {"expired": 1}, "books": {"expired": 28}}, "seeds that nobody knows yet are one letter"
    assert len(streaming.told()) == 2


def test_a_deadline_that_passes_before_the_work_is_one_letter_and_no_execution(
    streaming: Any, items: Any, write_source: Any
) -> None:
    write_source("shop", pages=2)
    streaming.put("shop", deadline=iso(time.time() - 1))
    stop = streaming.serve(items)
    streaming.wait_for(0, 1)
    stop()
    assert letters(streaming) == {("event", "expired"): 1}
    assert streaming.run.records("executions") == []


def test_a_deadline_that_passes_between_two_tries_still_closes_the_execution(
    streaming: Any, site: Any, write_source: Any, wait_until: Any
) -> None:
    go_on = threading.Event()

    def page(wanted: str) -> str:
        if wanted.endswith("/2"):
            assert go_on.wait(60)
        return f"<b id='{wanted}'>x</b>"

    write_source("shop", pages=40, politeness={"delay_secs": 0, "concurrency": 1})
    at = site(page)
    deadline = time.time() + 5
    event = streaming.put("shop", deadline=iso(deadline))
    stop = streaming.serve(at, drain_secs=0.0)
    wait_until(lambda: "shop.test/p/2" in at.pages)
    stop()
    go_on.set()
    assert streaming.told() == []
    wait_until(lambda: time.time() > deadline)

    stop = streaming.serve(at)
    streaming.wait_for(1)
    streaming.put("shop", event_id=event.event_id, deadline=iso(deadline), sent=time.time() - 1)
    streaming.wait_for(1)
    wait_until(lambda: streaming.names("new") == streaming.names("claimed") == [])
    stop()

    [execution] = streaming.run.records("executions")
    assert (execution["holds"], execution["attempt"], execution["status"]) == (True, 2, "failed")
    assert letters(streaming) == {("scrape", "expired"): 1}
    assert len(streaming.told()) == 1
