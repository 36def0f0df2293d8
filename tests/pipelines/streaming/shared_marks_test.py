"""Runs of a group share the files that say that they were planned and that they have ended."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipelines.plans import plan_path, plans_text, read_plans
from pipelines.resume import find_run
from pipelines.streaming.event_marks import read_ended, write_ended_together
from pipelines.streaming.shared_marks import write_shared
from schemas.events.event import Event
from schemas.plan import Plan
from transforms import filesystem
from transforms.output_layout import OutputLayout


def joined(parts: Sequence[str]) -> bytes:
    return ",".join(parts).encode()


def test_runs_of_a_group_have_one_file_under_a_name_of_each(tmp_path: Path) -> None:
    paths = [f"{tmp_path}/{name}/plan.json" for name in "abc"]
    for path in paths:
        os.mkdir(os.path.dirname(path))

    assert write_shared(dict(zip(paths, "123", strict=True)), joined) == {}
    assert [Path(path).read_text() for path in paths] == ["1,2,3"] * 3
    assert len({os.stat(path).st_ino for path in paths}) == 1
    assert [os.listdir(os.path.dirname(path)) for path in paths] == [["plan.json"]] * 3


def test_who_has_such_a_file_already_keeps_it_and_the_others_get_theirs(tmp_path: Path) -> None:
    paths = [f"{tmp_path}/{name}.json" for name in "abc"]
    Path(paths[0]).write_text("mine")

    failed = write_shared(dict(zip(paths, "123", strict=True)), joined)

    assert list(failed) == paths[:1]
    assert isinstance(failed[paths[0]], FileExistsError)
    assert [Path(path).read_text() for path in paths] == ["mine", "1,2,3", "1,2,3"]


def test_where_a_file_has_one_name_each_run_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filesystem, "link", lambda _path, _new: False)
    paths = [f"{tmp_path}/{name}.json" for name in "ab"]

    assert write_shared(dict(zip(paths, "12", strict=True)), joined) == {}
    assert [Path(path).read_text() for path in paths] == ["1,2", "2"]


def test_each_run_finds_its_own_plan_and_end_in_what_is_shared(tmp_path: Path) -> None:
    layouts = [OutputLayout(str(tmp_path), f"event-{number}", 1) for number in range(3)]
    for one in layouts:
        os.makedirs(one.run)  # as `alone` does
    plans = [Plan(f"execution-{one.run_id}", one.run_id, "games", 1, 0.0) for one in layouts]
    ends = {one: [Event("execution.complete", one.run_id, "here", 0.0, {})] for one in layouts}

    assert write_shared(dict(zip(map(plan_path, layouts), plans, strict=True)), plans_text) == {}
    assert write_ended_together(ends) == {}

    assert [read_plans(one) for one in layouts] == [[plan] for plan in plans]
    assert {one: read_ended(one) for one in layouts} == ends
    [again] = find_run(str(tmp_path), "execution-event-1")[1]
    assert (again.run_id, again.attempt) == ("event-1", 2)
