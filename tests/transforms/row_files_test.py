"""Rows wait in memory for a bounded time, whether others come after them or not."""

import threading
import time
from pathlib import Path

import pytest

from schemas.row_batch import RowBatch
from schemas.table import Column, Table
from transforms import row_files, write_files
from transforms.row_files import MAX_WAIT_SECS, RowFile, row_group
from transforms.write_files import WriteFilesFn

TABLE = Table("shop.items", (Column("sku"),), key=("sku",))


def page_of(sku: str) -> RowBatch:
    return RowBatch(
        "shop.items",
        "e1",
        "shop",
        "http://shop.test/",
        1_790_000_000.0,
        "r1",
        rows=[{"sku": sku}],
        row_keys=["ab" * 12],
        row_ids=["cd" * 12],
    )


class Clock:
    secs = 100.0

    def __call__(self) -> float:
        return self.secs


def test_a_row_is_in_the_file_under_construction_after_its_time(tmp_path: Path) -> None:
    path, clock = tmp_path / "rows.jsonl", Clock()
    file = RowFile(TABLE, "e1", str(path), str(path), clock)
    file.add(page_of("early"))

    clock.secs += MAX_WAIT_SECS - 0.1
    file.add(page_of("late"))
    file.flush_old()
    assert not path.exists()

    clock.secs += 0.1
    file.flush_old()
    assert [sku in path.read_text() for sku in ("early", "late")] == [True, True]

    assert file.close()[1].records == 2


def test_many_rows_wait_for_no_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_files, "ROWS_IN_MEMORY", 2)
    path = tmp_path / "rows.jsonl"
    file = RowFile(TABLE, "e1", str(path), str(path), Clock())
    for number in range(5):
        file.add(page_of(str(number)))

    assert len(path.read_text().splitlines()) == 4
    file.close()


def test_the_last_row_of_a_slow_host_is_written_although_nothing_comes_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_files, "LOOK_SECS", 0.01)
    monkeypatch.setattr(row_files, "MAX_WAIT_SECS", 0.05)
    path = tmp_path / "rows.jsonl"
    stage = WriteFilesFn(row_group, lambda _: RowFile(TABLE, "e1", str(path), str(path)))
    stage.start_bundle()
    stage.process(page_of("only"))

    end = time.monotonic() + 5
    while not path.exists() or not path.read_text():
        assert time.monotonic() < end
        time.sleep(0.01)

    [written] = stage.finish_bundle()
    assert written.value[1].records == 1


def test_what_fails_while_nobody_asks_fails_the_next_who_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_files, "LOOK_SECS", 0.01)
    monkeypatch.setattr(row_files, "MAX_WAIT_SECS", 0.0)
    stage = WriteFilesFn(row_group, lambda _: RowFile(TABLE, "e1", "/dev/full/rows.jsonl", "rows.jsonl"))
    stage.start_bundle()
    stage.process(page_of("lost"))
    time.sleep(0.2)

    with pytest.raises(OSError, match="/dev/full"):
        stage.process(page_of("next"))


def test_a_bundle_without_rows_starts_no_thread() -> None:
    before = set(threading.enumerate())
    stage = WriteFilesFn(row_group, lambda _: RowFile(TABLE, "e1", "rows.jsonl", "rows.jsonl"))
    stage.start_bundle()

    assert set(threading.enumerate()) <= before
    assert list(stage.finish_bundle()) == []
