"""What events leave behind is removed when it is old, and never what is unfinished."""

import os
from pathlib import Path
from typing import Any

import pytest

from pipelines.streaming.spool import make_spool
from pipelines.streaming.sweeping import DAY_SECS, Keep, Swept, sweep
from scrapers.fetching.attempt_notes import FileNotes


def file(path: Path, age_days: float, now: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    os.utime(path, (now - age_days * DAY_SECS,) * 2)
    return path


@pytest.fixture
def now(tmp_path: Path) -> float:
    """Ten days from now: a file's time of change cannot be set."""
    probe = tmp_path / "probe"
    probe.write_text("")
    return probe.stat().st_ctime + 10 * DAY_SECS


def test_old_files_of_a_spool_go_and_events_that_wait_stay(tmp_path: Path, now: float) -> None:
    make_spool(tmp_path / "spool")
    names = ("new", "claimed", "done", "failed", "outbox", "tmp")
    for name in names:
        file(tmp_path / "spool" / name / "one.json", 100, now)
    places = Swept(str(tmp_path / "out"), tmp_path / "spool")

    assert sweep(places, Keep(spool_secs=11 * DAY_SECS), now) == {}
    would = sweep(places, Keep(), now, dry_run=True)
    assert would == {"spool done": 1, "spool failed": 1, "spool outbox": 1, "spool tmp": 1}
    assert sweep(places, Keep(), now) == would
    assert {name for name in names if any((tmp_path / "spool" / name).iterdir())} == {"new", "claimed"}


def test_marks_stay_as_long_as_an_event_may_come_again(tmp_path: Path, now: float) -> None:
    runs = tmp_path / "out" / ".scrapeline" / "runs"
    for name, age_days in (("event-old", 9), ("event-young", 7.5), ("execution-old", 9), ("20260101-batch", 90)):
        for kept in ("attempt-1-plan.json", "ended.json", "told", "lock"):
            file(runs / name / kept, age_days, now)
        (runs / name / "attempt-1").mkdir()
    for kept in ("attempt-1-plan.json", "ended.json"):
        file(runs / "event-nobody-was-told" / kept, 90, now)
    file(runs / "event-unfinished" / "attempt-1-plan.json", 90, now)
    places = Swept(str(tmp_path / "out"))

    assert sweep(places, Keep.for_events(30 * DAY_SECS, DAY_SECS), now) == {}
    assert sweep(places, Keep.for_events(3_600, DAY_SECS), now) == {"ended events": 2}
    left = {path.name for path in runs.iterdir()}
    assert left == {"event-young", "20260101-batch", "event-nobody-was-told", "event-unfinished"}


def test_while_there_is_a_legal_hold_nothing_goes(tmp_path: Path, now: float) -> None:
    done = file(tmp_path / "spool" / "done" / "one.json", 100, now)
    file(tmp_path / "out" / "legal-hold", 0, now)

    assert sweep(Swept(str(tmp_path / "out"), tmp_path / "spool"), Keep(), now) == {}
    assert done.exists()


def test_notes_of_the_living_stay(tmp_path: Path, now: float) -> None:
    living = FileNotes(tmp_path / "notes")
    file(tmp_path / "notes" / "1-dead.notes", 100, now)
    file(tmp_path / "pubsub" / "events" / "note", 100, now)
    file(tmp_path / "admitting" / "events" / "note", 100, now)

    assert sweep(Swept(str(tmp_path / "out"), state=tmp_path), Keep(), now) == {"notes": 3}
    assert len(list((tmp_path / "notes").iterdir())) == 1
    living.close()


def test_what_was_told_to_readers_that_are_gone_goes(tmp_path: Path, now: float) -> None:
    told = tmp_path / "out" / ".scrapeline" / "streaming" / "acknowledged"
    file(told / "dead-1.abc", 2, now)
    young = file(told / "reader-2.abc", 0.1, now)

    assert sweep(Swept(str(tmp_path / "out")), Keep(), now) == {"messages between processes": 1}
    assert list(told.iterdir()) == [young]


def test_a_process_sweeps_when_it_starts(streaming: Any, items: Any, write_source: Any, wait_until: Any) -> None:
    write_source("shop", pages=1)
    make_spool(streaming.spool)
    old = streaming.spool / "done" / "old.json"
    old.write_text("{}")
    run = streaming.run
    words = ["--streaming", "--spool", str(streaming.spool), "--keep-days", "0", *items.resolve]
    process = run.start(*run.run_words(*words))
    wait_until(lambda: not old.exists() or process.poll() is not None)
    process.terminate()
    assert process.wait(60) == 0, run.everything_said()
    assert not old.exists()
