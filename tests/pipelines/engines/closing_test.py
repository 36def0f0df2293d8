"""A closing that is cut at any step, and repeated, comes to the same."""

import dataclasses
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.engines.closing import ended_already, layout_of
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

STEPS = ("write_whole", "replace_whole", "publish", "remove")


class Cut(BaseException):
    """The process dies here."""


class Knife:
    """Cuts before or after what is done to a filesystem, at one place."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: int) -> None:
        self._left = place
        for name in STEPS:
            monkeypatch.setattr(filesystem, name, self._around(getattr(filesystem, name)))

    def tell(self, tell: Callable[[Any], None]) -> Callable[[Any], None]:
        return self._around(tell)

    def _around(self, do: Callable[..., Any]) -> Callable[..., Any]:
        def done(*args: Any) -> Any:
            self._count()
            result = do(*args)
            self._count()
            return result

        return done

    def _count(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise Cut


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
            tell = Knife(monkeypatch, place).tell(told.tell)
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


def test_what_an_earlier_try_published_of_other_parts_goes(tmp_path: Path) -> None:
    """An engine that goes back to a checkpoint fetches again: there are other files of the same rows."""
    told = Told()
    first, second = rows_file(tmp_path, "a", "b"), rows_file(tmp_path, "a", "b")

    class Full(OSError):
        pass

    closing = closing_of(tmp_path, told)
    with pytest.MonkeyPatch.context() as monkeypatch:

        def full(*_: Any) -> None:
            raise Full

        monkeypatch.setattr(filesystem, "write_whole", full)
        with pytest.raises(Full):
            closing.close(PLAN, tally_of(2), [first])
    assert rows_in(tmp_path) == ["a", "b"]

    closing.close(PLAN, tally_of(2), [second])

    assert rows_in(tmp_path) == ["a", "b"]
    assert [event.data["record_count"] for event in told.events] == [2]


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
