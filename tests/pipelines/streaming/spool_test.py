"""A spool folder: nobody gets an event twice, and none is lost with a process."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.streaming.spool import Spool, make_spool, put_event
from schemas.events.event import Event

DIES = """
import os, signal, sys
from pathlib import Path
from pipelines.streaming.spool import Spool

spool = Spool(Path(sys.argv[1]))
taken = spool.take(2)
spool.begin(taken[0])
print(len(taken), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def put(folder: Path, count: int) -> None:
    for number in range(count):
        put_event(folder, Event("scrape.requested", str(number), "/test", 1e9 + number, {"sources": ["shop"]}))


def names(folder: Path, place: str) -> list[str]:
    return sorted(os.listdir(folder / place))


def test_the_oldest_first_and_each_once(tmp_path: Path) -> None:
    put(tmp_path, 5)
    first, second = Spool(tmp_path), Spool(tmp_path)
    taken = [*first.take(2), *second.take(2), *first.take(9), *second.take(9)]
    assert [one.message_id for one in taken[:2]] == sorted(one.message_id for one in taken)[:2]
    assert len({one.message_id for one in taken}) == len(taken) == 5
    assert names(tmp_path, "new") == []


def test_two_processes_that_look_at_the_same_list_share_it(tmp_path: Path) -> None:
    put(tmp_path, 20)
    spools = [Spool(tmp_path) for _ in range(4)]
    taken = [one.message_id for _ in range(20) for spool in spools for one in spool.take(1)]
    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 20


def test_where_an_event_ends(tmp_path: Path) -> None:
    put(tmp_path, 3)
    spool = Spool(tmp_path)
    done, failed, later = spool.take(3)
    spool.begin(done)
    spool.done(done)
    spool.failed(failed)
    spool.begin(later)
    spool.give_back(later)
    assert (names(tmp_path, "done"), names(tmp_path, "failed")) == ([done.message_id], [failed.message_id])
    assert names(tmp_path, "new") == [later.message_id]
    [again] = spool.take(9)
    assert (again.data, again.crashes) == (later.data, 0)
    spool.close()
    assert names(tmp_path, "new") == [later.message_id]
    assert names(tmp_path, "claimed") == names(tmp_path, "owners") == []


def test_a_dead_process_leaves_its_events_and_what_it_was_at_work_on_is_counted(tmp_path: Path, project: Path) -> None:
    put(tmp_path, 3)
    dead = subprocess.run(
        [sys.executable, "-c", DIES, str(tmp_path)], cwd=project, capture_output=True, text=True, timeout=60
    )
    assert (dead.returncode, dead.stdout.strip()) == (-signal.SIGKILL, "2")
    spool = Spool(tmp_path)
    taken = spool.take(9)
    assert sorted(one.crashes for one in taken) == [0, 0, 1]
    [suspect] = [one for one in taken if one.crashes]
    spool.begin(suspect)
    spool.give_back(suspect)
    assert [one.crashes for one in spool.take(9)] == [1]


def test_a_living_process_keeps_its_events(tmp_path: Path) -> None:
    put(tmp_path, 1)
    first = Spool(tmp_path)
    assert len(first.take(9)) == 1
    assert Spool(tmp_path).take(9) == []


def test_what_is_being_written_is_not_read(tmp_path: Path) -> None:
    make_spool(tmp_path)
    (tmp_path / "tmp" / "half").write_text("{")
    (tmp_path / "new" / ".half").write_text("{")
    assert Spool(tmp_path).take(9) == []


@pytest.mark.parametrize("name", ["a~b.json", "x", "a~c1~0-0.json"])
def test_any_name_will_do(tmp_path: Path, name: str) -> None:
    make_spool(tmp_path)
    (tmp_path / "new" / name).write_text("{}")
    before = time.time()
    spool = Spool(tmp_path)
    [taken] = spool.take(1)
    spool.begin(taken)
    spool.done(taken)
    assert names(tmp_path, "done") == [name]
    assert taken.sent_at is not None
    assert taken.sent_at <= before


def test_only_files_are_events_whatever_they_are_called(tmp_path: Path) -> None:
    make_spool(tmp_path)
    (tmp_path / "new" / "a\nb.json").write_text("{}")
    (tmp_path / "new" / "folder.json").mkdir()
    (tmp_path / "new" / "link.json").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "new" / "pipe.json")

    spool = Spool(tmp_path)
    [taken] = spool.take(9)
    spool.begin(taken)
    spool.failed(taken)

    assert names(tmp_path, "failed") == ["a\nb.json"]
    assert names(tmp_path, "new") == ["folder.json", "link.json", "pipe.json"]
    spool.close()
