"""Many events of raw output are worked on in processes of their own; one that dies takes nothing along."""

import json
import os
import signal
from typing import Any

import pytest

from tests.pipelines.streaming.raw_processes import MANY, SOURCE, workers

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def tell(streaming: Any) -> Any:
    """Tells of so many files, the first with a record of this number."""
    folder = streaming.run.folder / "raw"
    folder.mkdir()
    streaming.run.write("games.yaml", SOURCE.replace("FOLDER", str(folder)))

    def tell_of(first: int, count: int) -> None:
        for number in range(first, first + count):
            path = folder / f"{number}.ndjson"
            path.write_text(json.dumps({"id": number}) + "\n")
            streaming.tell("games", path, event_id=f"event-{number}")

    return tell_of


def check_whole(streaming: Any, count: int) -> None:
    """Each event once, whoever worked on it."""
    assert sorted(row["id"] for row in streaming.run.records("rows")) == list(range(count))
    executions = streaming.run.records("executions")
    assert len({one["execution_id"] for one in executions}) == len(executions) == len(streaming.told()) == count
    assert all(one["holds"] and one["status"] == "success" for one in executions)


def by_others(streaming: Any) -> int:
    """Row files that other processes wrote: whose it is stands in the name."""
    mine = f"-a1-{os.getpid():x}"
    return sum(mine not in path.name for path in (streaming.run.output / "rows").rglob("*.parquet"))


def test_many_events_are_worked_on_by_processes_and_few_here(
    streaming: Any, tell: Any, items: Any, wait_until: Any
) -> None:
    tell(0, 3)
    stop = streaming.serve(items, raw_workers=2)
    streaming.wait_for(3)
    assert workers() == []
    stop()

    tell(3, 2 * MANY)
    stop = streaming.serve(items, raw_workers=2)
    wait_until(lambda: len(workers()) == 2)
    streaming.wait_for(3 + 2 * MANY)
    count = 3 + 2 * MANY
    while not by_others(streaming):  # they take their time to start
        tell(count, 5)
        count += 5
        streaming.wait_for(count)
    stop()
    check_whole(streaming, count)
    assert workers() == []


def test_a_worker_that_dies_takes_neither_events_nor_the_others_with_it(
    streaming: Any, tell: Any, items: Any, wait_until: Any, caplog: pytest.LogCaptureFixture
) -> None:
    tell(0, MANY)
    stop = streaming.serve(items, raw_workers=1)
    count = MANY
    streaming.wait_for(count)
    while not by_others(streaming):
        tell(count, 5)
        count += 5
        streaming.wait_for(count)

    tell(count, 4)  # few: those that a process died over are worked on one by one
    count += 4
    for worker in workers():
        os.kill(worker, signal.SIGKILL)
    wait_until(lambda: not workers() or "died" in caplog.text)
    tell(count, 1)
    count += 1
    streaming.wait_for(count)
    stop()
    assert "a process that read raw output died: exit status -9" in caplog.text
    check_whole(streaming, count)
