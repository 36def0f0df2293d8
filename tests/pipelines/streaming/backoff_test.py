"""Events for sources in backoff: what they end as, and what that does not change."""

import json
import time
from typing import Any

from pipelines.places import Places
from pipelines.source_health.sqlite_book import SqliteBook
from pipelines.source_health.standing import healths
from schemas.health import Health
from tests.pipelines.source_health.conftest import Desk


def failed(streaming: Any, *hours_ago: float) -> Health:
    """The source has failed so many hours ago; gives its health."""
    Desk(streaming.run.folder, time.time()).ran("shop", "failed", *hours_ago)
    return health(streaming)


def health(streaming: Any) -> Health:
    return healths(Places(str(streaming.run.output)), ["shop"])["shop"]


def test_a_source_in_backoff_ends_with_its_row_and_is_not_fetched(
    streaming: Any, items: Any, write_source: Any
) -> None:
    write_source("shop", pages=3)
    write_source("books", pages=1, hosts=("books.test",))
    before = failed(streaming, 2, 1.5, 1)
    assert before.backoff_level == 1
    streaming.put("shop", "books", reason="a look")
    streaming.put("shop", limit=2)
    streaming.put("shop", urls=["http://shop.test/p/9"])
    stop = streaming.serve(items)
    streaming.wait_for(3)
    stop()

    assert streaming.skus() == ["books.test/p/1"]
    assert list(items.pages) == ["books.test/p/1"]
    assert streaming.run.records("dead_letters") == []
    rows = [one for one in streaming.run.records("executions") if one["source"] == "shop" and "run_id" in one]
    assert sorted(json.loads(one["dropped_by_reason"])["backoff"] for one in rows) == [1, 2, 3]
    for one in rows:
        assert (one["status"], one["condition"], one["holds"]) == ("failed", "partial", True)
        [reason] = one["reasons"]
        assert "in backoff until" in reason
        assert "3 failures in a row" in reason
    told = [one for one in streaming.told() if one["scraper_name"] == "shop"]
    assert len(told) == 3
    assert all("in backoff until" in one["error"] and "backoff" in one["dropped_by_reason"] for one in told)
    assert health(streaming) == before, "neither success nor failure"


def test_after_a_backoff_one_event_tries_the_source_and_its_success_lets_the_others_through(
    streaming: Any, items: Any, write_source: Any
) -> None:
    write_source("shop", pages=1)
    before = failed(streaming, 9, 8, 7)
    another = SqliteBook(streaming.run.output / ".scrapeline" / "sources.sqlite")
    assert another.claim_probe("shop", before.backoff_until or 0.0, time.time(), "another")
    streaming.put("shop", event_id="waits")
    stop = streaming.serve(items)
    streaming.wait_for(1)
    [told] = streaming.told()
    assert "another run is trying it" in told["error"]
    assert streaming.skus() == []

    another.release_probe("shop", "another")
    streaming.put("shop", event_id="tries")
    streaming.put("shop", event_id="follows")
    streaming.wait_for(3)
    stop()
    assert streaming.skus() == ["shop.test/p/1"] * 2
    assert health(streaming).backoff_level == 0
