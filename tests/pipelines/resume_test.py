import gzip
from pathlib import Path

import pytest

from pipelines.plans import write_plans
from pipelines.resume import NothingToResume, StillRunning, find_run, own_run, salvage_archives
from schemas.plan import Plan
from transforms.output_layout import OutputLayout

FIRST, SECOND = gzip.compress(b"one" * 50_000), gzip.compress(b"two")


def test_what_a_dead_attempt_had_archived_gets_its_name(tmp_path: Path):
    layout = OutputLayout(str(tmp_path), "run", 1)
    final = layout.archive_file("x")
    left = Path(layout.temporary(final))
    left.parent.mkdir(parents=True)
    left.write_bytes(FIRST + SECOND[:5])

    salvage_archives(OutputLayout(str(tmp_path), "run", 2))

    assert Path(final).read_bytes() == FIRST
    assert not left.exists()


def test_a_file_without_one_whole_record_is_not_worth_a_name(tmp_path: Path):
    left = Path(OutputLayout(str(tmp_path), "run", 1).temporary(f"{tmp_path}/archive/run-a1-x.warc.gz"))
    left.parent.mkdir(parents=True)
    left.write_bytes(FIRST[:-1])

    salvage_archives(OutputLayout(str(tmp_path), "run", 2))

    assert not left.exists()
    assert not (tmp_path / "archive").exists()


def test_a_run_that_is_still_going_on_is_not_resumed(tmp_path: Path):
    layout = OutputLayout(str(tmp_path), "run", 1)
    lock = own_run(layout)
    assert lock is not None
    with lock, pytest.raises(StillRunning):
        own_run(layout)

    after = own_run(layout)
    assert after is not None
    after.close()


def plans(run_id: str) -> list[Plan]:
    return [Plan(f"{run_id}-{source}", run_id, source, 1, 100.0) for source in ("shop", "events")]


def test_an_execution_is_resumed_alone_and_a_run_as_a_whole(tmp_path: Path):
    write_plans(OutputLayout(str(tmp_path), "night", 1), plans("night"))
    write_plans(OutputLayout(str(tmp_path), "night", 2), plans("night"))

    layout, one = find_run(str(tmp_path), "night-shop")
    _, both = find_run(str(tmp_path), "night")

    assert (layout.run_id, layout.attempt) == ("night", 3)
    assert [(plan.source, plan.attempt) for plan in one] == [("shop", 3)]
    assert [plan.source for plan in both] == ["shop", "events"]


def test_a_run_that_is_not_there_is_said_with_those_that_are(tmp_path: Path):
    write_plans(OutputLayout(str(tmp_path), "night", 1), plans("night"))

    with pytest.raises(NothingToResume, match=r"no run or execution nigth .* the newest runs there: night"):
        find_run(str(tmp_path), "nigth")
