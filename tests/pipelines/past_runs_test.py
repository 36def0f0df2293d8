"""Earlier runs, asked for again and again."""

import json
import os
from pathlib import Path

import pytest

from pipelines.past_runs import PastRuns
from pipelines.places import Places
from pipelines.stores import folder_store


class Log:
    """An execution log.

    Attributes:
      read: names of the files that were read.
    """

    def __init__(self, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = output / "executions"
        self.folder.mkdir()
        self.runs = PastRuns(Places(str(output)))
        self.read: list[str] = []
        read = folder_store._read_small
        monkeypatch.setattr(
            folder_store, "_read_small", lambda path, **more: (self.read.append(Path(path).name), read(path, **more))[1]
        )

    def ran(self, number: int, source: str = "shop", **more: object) -> None:
        record = {
            "execution_id": f"e{number}", "source": source, "rows": number, "holds": True, "status": "success",
            "started_at": f"2026-11-22T00:00:{number:02}Z", "ended_at": f"2026-11-22T00:01:{number:02}Z", **more,
        }  # fmt: skip
        path = self.folder / f"e{number}-a1.jsonl"
        path.write_text(json.dumps(record) + "\n")
        os.utime(path, (1e9 + number, 1e9 + number + int(bool(more))))

    def rows(self, newest: int = 100) -> dict[str, list[int]] | None:
        found = self.runs.read(newest)
        return found and {source: [run.rows for run in runs] for source, runs in found.items()}


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Log:
    return Log(tmp_path, monkeypatch)


def test_each_file_is_read_once_until_it_changes(log: Log) -> None:
    log.ran(2)
    log.ran(1)
    log.ran(3, "books")
    assert log.rows() == log.rows() == {"shop": [1, 2], "books": [3]}
    assert sorted(log.read) == ["e1-a1.jsonl", "e2-a1.jsonl", "e3-a1.jsonl"]

    log.ran(4)
    log.ran(1, rows=9)
    assert log.rows() == {"shop": [9, 2, 4], "books": [3]}
    assert sorted(log.read[3:]) == ["e1-a1.jsonl", "e4-a1.jsonl"]


def test_only_the_newest_are_kept(log: Log) -> None:
    for number in range(1, 6):
        log.ran(number)
    assert log.rows(2) == {"shop": [4, 5]}

    log.ran(6)
    assert log.rows(2) == {"shop": [5, 6]}
    assert len(log.read) == 3


def test_what_is_gone_and_what_fetched_nothing_is_left_out(log: Log) -> None:
    log.ran(1)
    log.ran(2, reparse_of="e1")
    assert log.rows() == {"shop": [1]}

    (log.folder / "e1-a1.jsonl").unlink()
    assert log.rows() == {}


def test_a_log_that_cannot_be_read_is_none(log: Log) -> None:
    log.ran(1)
    (log.folder / "e2-a1.jsonl").write_text("no json\n")

    assert log.runs.read(9) is None
