"""Processes that read raw output: they end when idle, may fail to start, and take up sources that have changed."""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import pytest

from pipelines.streaming import raw_workers
from tests.pipelines.conftest import eventually
from tests.pipelines.streaming.raw_processes import MANY, SOURCE, workers

pytestmark = pytest.mark.timeout(240)
KILLED = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"


class Scraper:
    """Tells of files of one record each, numbered."""

    def __init__(self, streaming: Any) -> None:
        self.streaming, self.count = streaming, 0
        self.folder = streaming.run.folder / "raw"
        self.folder.mkdir()
        self.write(SOURCE)

    def write(self, source: str) -> None:
        """The source file."""
        self.streaming.run.write("games.yaml", source.replace("FOLDER", str(self.folder)))

    def tell(self, count: int) -> None:
        """Of so many files more; waits until they are done."""
        for number in range(self.count, self.count + count):
            path = self.folder / f"{number}.ndjson"
            path.write_text(json.dumps({"id": number}) + "\n")
            self.streaming.tell("games", path, event_id=f"event-{number}")
        self.count += count
        self.streaming.wait_for(self.count)

    def until_by_others(self) -> None:
        """Tells until another process writes rows: whose they are stands in a file's name."""
        known = self.by_others()
        while self.by_others() == known:
            self.tell(5)

    def by_others(self) -> int:
        mine = f"-a1-{os.getpid():x}"
        return sum(mine not in path.name for path in (self.streaming.run.output / "rows").rglob("*.parquet"))

    def check_whole(self) -> None:
        """Each event once, whoever worked on it."""
        run = self.streaming.run
        assert sorted(row["id"] for row in run.records("rows")) == list(range(self.count))
        executions = run.records("executions")
        assert len({one["execution_id"] for one in executions}) == len(executions) == self.count
        assert len(self.streaming.told()) == self.count
        assert all(one["holds"] and one["status"] == "success" for one in executions)


@pytest.fixture
def scraper(streaming: Any) -> Scraper:
    return Scraper(streaming)


def test_idle_workers_end_and_come_again_when_many_events_wait(
    scraper: Scraper, items: Any, wait_until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = scraper.streaming.serve(items, raw_workers=1)
    scraper.tell(MANY)
    scraper.until_by_others()
    [first] = workers()

    monkeypatch.setattr(raw_workers, "IDLE_SECS", 0.2)
    wait_until(lambda: workers() == [])
    monkeypatch.undo()

    scraper.tell(3)
    assert workers() == [], "few are worked on here"
    scraper.tell(MANY)
    scraper.until_by_others()
    [second] = workers()
    assert second != first
    stop()
    assert workers() == []
    scraper.check_whole()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ((sys.executable, "-c", "import no_such_module"), "did not start: exit status 1"),
        ((sys.executable, "-c", KILLED), "did not start: exit status -9"),
        (("/no/such/python",), "cannot be started: [Errno 2] No such file or directory: '/no/such/python'"),
    ],
    ids=["import fails", "killed", "not there"],
)
def test_where_no_worker_can_start_events_are_worked_on_here_and_it_is_tried_again_later(
    scraper: Scraper,
    items: Any,
    wait_until: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    command: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.setattr(raw_workers, "_COMMAND", command)
    stop = scraper.streaming.serve(items, raw_workers=1)
    scraper.tell(MANY)
    wait_until(lambda: f"a process that reads raw output {said}" in caplog.text)
    scraper.tell(MANY)
    assert caplog.text.count("a process that reads raw output") == 1, "not again at once"
    assert scraper.by_others() == 0
    stop()
    scraper.check_whole()

    monkeypatch.undo()
    stop = scraper.streaming.serve(items, raw_workers=1)
    scraper.tell(MANY)
    scraper.until_by_others()
    stop()
    scraper.check_whole()


def test_a_worker_that_was_still_starting_when_the_service_stopped_ends_too(
    scraper: Scraper, items: Any, wait_until: Callable[..., None]
) -> None:
    stop = scraper.streaming.serve(items, raw_workers=1)
    scraper.tell(MANY)
    eventually(lambda: len(workers()) == 1)
    stop()
    wait_until(lambda: workers() == [])
    scraper.check_whole()


def test_workers_take_up_sources_that_have_changed(
    scraper: Scraper, items: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = scraper.streaming.serve(items, raw_workers=1)
    scraper.tell(MANY)
    scraper.until_by_others()
    [worker] = workers()

    scraper.write(SOURCE + "  again: {jmes: id, type: integer}\n")
    while not any(row.get("again") is not None for row in scraper.streaming.run.records("rows")):
        scraper.tell(1)
    first = scraper.count
    before = scraper.by_others()
    scraper.tell(5)
    stop()
    rows = [row for row in scraper.streaming.run.records("rows") if row["id"] >= first]
    assert [row["again"] for row in rows] == [row["id"] for row in rows]
    assert len(rows) == scraper.by_others() - before == 5
    versions = {one["sources_digest"] for one in scraper.streaming.run.records("executions")}
    assert len(versions) == 2
    assert workers() == [], worker
    scraper.check_whole()
