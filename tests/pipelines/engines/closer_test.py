"""Closings go on beside the pipeline until they are done."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.engines.closer import Closer
from pipelines.places import Places
from pipelines.stored_records import read_records
from pipelines.streaming.event_letters import EventLetters
from pipelines.streaming.telling import tell
from schemas.events.event import Event
from schemas.execution import Execution
from schemas.plan import Plan
from schemas.tally import Tally
from schemas.written import Published, Written
from tests.pipelines.engines.executions import DAY, EXECUTION, PLAN, rows_file
from transforms import row_files
from transforms.close_execution import close_execution

EVENT = Event("execution.complete", "1", "scrapeline/shop", DAY, {"scraper_name": "shop", "execution_id": EXECUTION})


def wait_for(claim: Callable[[], object]) -> None:
    for _ in range(3000):
        if claim():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


class Table:
    """Takes executions when it is there.

    Attributes:
      tries: how often it was asked.
    """

    def __init__(self) -> None:
        self.is_there = threading.Event()
        self.tries = 0

    def close(self, plan: Plan, tally: Tally, files: list[Written]) -> Execution:
        self.tries += 1
        if not self.is_there.is_set():
            raise OSError(28, "No space left on device")
        return close_execution(plan, tally, files, Published(), DAY)


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def closer(table: Table) -> Iterator[Closer]:
    made = Closer(table.close, "out", pauses_secs=(0.0, 0.01))
    yield made
    made.shut_down()


def test_an_execution_is_closed_and_taken_once(closer: Closer, table: Table) -> None:
    table.is_there.set()
    closer.close(PLAN, Tally(), [])
    closer.close(PLAN, Tally(), [])
    wait_for(lambda: closer.take(EXECUTION))

    assert table.tries == 1
    assert closer.take(EXECUTION) is None
    assert not closer.is_at_work(EXECUTION)


def test_a_table_that_is_away_is_tried_until_it_is_back(closer: Closer, table: Table) -> None:
    closer.close(PLAN, Tally(), [])
    wait_for(lambda: closer.take(EXECUTION) or table.tries > 5)
    assert closer.is_at_work(EXECUTION)

    table.is_there.set()
    wait_for(lambda: closer.take(EXECUTION))


def test_a_file_that_came_too_late_is_removed(closer: Closer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_files, "KEYS_IN_MEMORY", 0)
    file = rows_file(tmp_path, "a")
    closer.drop(file)

    wait_for(lambda: not Path(file.temporary).exists() and not Path(file.keys_file).exists())


class Topic:
    """Refuses the first events that it is given."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.given = 0

    def publish(self, event: Event) -> None:
        self.given += 1
        if self.given <= self.refusals:
            raise OSError("the topic is not there")


@pytest.mark.parametrize(("refusals", "given", "letters"), [(2, 3, 0), (9, 4, 1)])
def test_a_topic_that_refuses_is_tried_and_then_there_is_a_letter(
    tmp_path: Path, refusals: int, given: int, letters: int
) -> None:
    topic = Topic(refusals)
    tell([EVENT], topic, EventLetters(Places(str(tmp_path)), "jsonl", str), (0.0, 0.0, 0.0))

    found = [one for path in tmp_path.rglob("dead_letters/*") for one in read_records(str(path))]
    assert topic.given == given
    assert [one["reason"] for one in found] == ["not_published"] * letters
