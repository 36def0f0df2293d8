"""Events whose rows and log go to a bucket: no lock holds there, and no folder is of this machine."""

import os
import time
from typing import Any

import pytest

from pipelines.stored_records import read_records
from pipelines.streaming.sweeping import DAY_SECS, Keep, Swept, sweep
from transforms import filesystem

pytestmark = pytest.mark.timeout(240)


def test_rows_letters_and_marks_are_in_the_bucket(
    streaming: Any, items: Any, write_source: Any, bucket: str, wait_until: Any
) -> None:
    write_source("shop", pages=2)
    first = streaming.put("shop")
    streaming.put("shpo")
    stop = streaming.serve(items, output=bucket)
    streaming.wait_for(1, 1)
    streaming.put("shop", event_id=first.event_id, sent=time.time() - 1)
    streaming.put("shop", urls=["http://shop.test/p/9"])
    streaming.wait_for(3, 1)
    stop()

    rows = [one["sku"] for path in filesystem.match(f"{bucket}/rows", "**.parquet") for one in read_records(path)]
    assert sorted(rows) == ["shop.test/p/1", "shop.test/p/2", "shop.test/p/9"]
    executions = [one for path in filesystem.match(f"{bucket}/executions", "*") for one in read_records(path)]
    assert [(one["status"], one["holds"]) for one in executions] == [("success", True)] * 2
    letters = [one for path in filesystem.match(f"{bucket}/dead_letters", "*") for one in read_records(path)]
    assert [one["reason"] for one in letters] == ["unknown_source"]
    assert {one["gcs_path"] for one in streaming.told()} == {f"{bucket}/rows"}
    assert sum(items.pages.values()) == 3

    marks = filesystem.match(f"{bucket}/.scrapeline/runs", "event-*/told")
    assert len(marks) == 2
    assert sweep(Swept(bucket), Keep(), time.time() + 7 * DAY_SECS) == {}
    assert sweep(Swept(bucket), Keep(), time.time() + 9 * DAY_SECS) == {"ended events": 2}
    assert filesystem.match(f"{bucket}/.scrapeline/runs", "event-*/*") == []
    assert not os.path.exists("gs:")
