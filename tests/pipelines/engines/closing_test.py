"""A closing that is cut at any step, and repeated, comes to the same."""

import abc
import dataclasses
import itertools
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pipelines.engines.closing import Closing, ended_already, layout_of
from schemas.execution import Execution
from schemas.tally import Tally
from schemas.written import Published, Written
from tests.pipelines.engines.executions import (
    EXECUTION,
    PLAN,
    Told,
    closing_of,
    executions_in,
    rows_file,
    rows_in,
    tally_of,
)
from transforms import filesystem

STEPS = ("create", "write_whole", "replace_whole", "publish", "remove")


class Cut(BaseException):
    """The process dies here."""


class Steps(abc.ABC):
    """Is told before and after whatever is done to a filesystem."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in STEPS:
            monkeypatch.setattr(filesystem, name, self.around(getattr(filesystem, name)))

    def around(self, do: Callable[..., Any]) -> Callable[..., Any]:
        def done(*args: Any) -> Any:
            self.step()
            result = do(*args)
            self.step()
            return result

        return done

    @abc.abstractmethod
    def step(self) -> None:
        """One more."""


class Knife(Steps):
    """Cuts at one place."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: int) -> None:
        self._left = place
        super().__init__(monkeypatch)

    def step(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise Cut


class Turns(Steps):
    """Two threads take turns, a step each, once the first has made some.

    Args:
      lead: steps of the first alone.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, lead: int) -> None:
        self._lead, self._turn = lead, "a"
        self._own = threading.local()
        self._changed = threading.Condition()
        super().__init__(monkeypatch)

    def take(self, name: str, do: Callable[[], Execution]) -> Execution:
        """Does it as one of the two; when one has ended the other goes on alone."""
        self._own.name = name
        with self._changed:
            self._wait()
        try:
            return do()
        finally:
            with self._changed:
                self._turn = "the other"
                self._changed.notify_all()

    def step(self) -> None:
        with self._changed:
            if self._turn == self._own.name:
                if self._lead:
                    self._lead -= 1
                    return
                self._turn = "b" if self._own.name == "a" else "a"
                self._changed.notify_all()
            self._wait()

    def _wait(self) -> None:
        assert self._changed.wait_for(lambda: self._turn in (self._own.name, "the other"), 60)


def test_an_execution_is_published_logged_and_told(tmp_path: Path) -> None:
    told = Told()
    files = [rows_file(tmp_path, "a", "b"), rows_file(tmp_path, "b", "c")]
    assert not ended_already(str(tmp_path), EXECUTION)

    execution = closing_of(tmp_path, told).close(PLAN, tally_of(4), files)

    assert (execution.rows, execution.duplicates, execution.holds) == (3, 1, True)
    assert rows_in(tmp_path) == ["a", "b", "c"]
    [row] = executions_in(tmp_path)
    assert (row["execution_id"], row["rows"], json.loads(row["params"])) == (EXECUTION, 3, {"city": "Bonn"})
    [event] = told.events
    assert (event.data["execution_id"], event.data["record_count"], event.data["event_id"]) == (
        EXECUTION,
        3,
        "the event",
    )
    assert ended_already(str(tmp_path), EXECUTION)
    assert sorted(path.name for path in Path(layout_of(str(tmp_path), EXECUTION).run).iterdir()) == [
        "ended.json",
        "told",
    ]


def test_cut_at_any_step_and_repeated_it_comes_to_the_same(tmp_path: Path) -> None:
    for place in itertools.count(1):
        output = tmp_path / str(place)
        told = Told()
        files = [rows_file(output, "a", "b"), rows_file(output, "b", "c")]
        with pytest.MonkeyPatch.context() as monkeypatch:
            tell = Knife(monkeypatch, place).around(told.tell)
            try:
                dataclasses.replace(closing_of(output, told), tell=tell).close(PLAN, tally_of(4), files)
                is_whole = True
            except Cut:
                is_whole = False
        # another process, a minute later
        execution = closing_of(output, told, PLAN.started_at + 120).close(PLAN, tally_of(4), files)

        assert rows_in(output) == ["a", "b", "c"], place
        [row] = executions_in(output)
        assert (row["rows"], row["duplicates"]) == (execution.rows, execution.duplicates) == (3, 1), place
        assert told.events, place
        assert all(event == told.events[0] for event in told.events), place
        assert ended_already(str(output), EXECUTION)
        if is_whole:
            break
    assert place > 20


def test_of_which_files_an_execution_is_is_decided_once(tmp_path: Path) -> None:
    """An engine that goes back to a checkpoint fetches again: there are other files of the same rows."""
    told = Told()
    first, second = rows_file(tmp_path, "a", "b"), rows_file(tmp_path, "a", "b")
    whole = closing_of(tmp_path, told)

    def full(*_: Any) -> Published:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        dataclasses.replace(whole, publish=full).close(PLAN, tally_of(2), [first])
    assert rows_in(tmp_path) == []

    whole.close(PLAN, tally_of(2), [second])

    assert rows_in(tmp_path) == ["a", "b"]
    assert Path(first.final).exists()
    assert not Path(second.temporary).exists()
    assert [event.data["record_count"] for event in told.events] == [2]


@pytest.mark.parametrize("lead", range(20))
def test_two_that_close_it_at_the_same_time_publish_the_files_of_one(tmp_path: Path, lead: int) -> None:
    """After a failover the process that was taken for dead goes on, step by step with the one in its place."""
    told = Told()
    parts = {"a": [rows_file(tmp_path, "a", "b"), rows_file(tmp_path, "b")], "b": [rows_file(tmp_path, "b", "c", "d")]}
    with pytest.MonkeyPatch.context() as monkeypatch, ThreadPoolExecutor(2) as threads:
        turns = Turns(monkeypatch, lead)
        closing = dataclasses.replace(closing_of(tmp_path, told), tell=turns.around(told.tell))
        one, other = threads.map(lambda name: turns.take(name, lambda: closed(closing, tally_of(3), parts[name])), "ab")

    assert one == other
    assert rows_in(tmp_path) in (["a", "b"], ["b", "c", "d"])
    [row] = executions_in(tmp_path)
    assert (row["rows"], one.holds) == (one.rows, True) == (len(rows_in(tmp_path)), True)
    assert all(event == told.events[0] for event in told.events)
    assert sorted(path.name for path in Path(layout_of(str(tmp_path), EXECUTION).run).iterdir()) == [
        "ended.json",
        "told",
    ]


def closed(closing: Closing, tally: Tally, files: list[Written]) -> Execution:
    """As the closer does it: what fails is tried again."""
    try:
        return closing.close(PLAN, tally, files)
    except OSError:
        return closing.close(PLAN, tally, files)


def test_what_has_ended_is_not_decided_again_whatever_parts_there_are(tmp_path: Path) -> None:
    told = Told()
    closing_of(tmp_path, told).close(PLAN, tally_of(1), [rows_file(tmp_path, "a")])

    again = rows_file(tmp_path, "b", "c")
    execution = closing_of(tmp_path, told).close(PLAN, tally_of(2), [again])

    assert execution.rows == 1
    assert rows_in(tmp_path) == ["a"]
    assert len(told.events) == len(executions_in(tmp_path)) == 1
    assert not Path(again.temporary).exists()


def test_an_execution_that_something_is_missing_of_fails_and_says_so(tmp_path: Path) -> None:
    told = Told()
    tally = tally_of(2)
    tally.know(["00" * 12])

    execution = closing_of(tmp_path, told).close(PLAN, tally, [rows_file(tmp_path, "a", "b")])

    assert (execution.status, execution.holds) == ("failed", False)
    assert "LOST: 1 requests never ended" in told.events[0].data["error"]
    assert rows_in(tmp_path) == ["a", "b"]
