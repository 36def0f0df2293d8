"""Notes of events at work share a file while no process has died over them, and part from it when one has."""

from pathlib import Path

from pipelines.streaming.crash_notes import CrashNotes


def test_a_death_counts_for_each_event_at_work_and_for_no_other(tmp_path: Path) -> None:
    dead, alive = CrashNotes(tmp_path), CrashNotes(tmp_path)
    for name in ("one", "two", "done"):
        dead.begin(name, 0)
    dead.end("done")
    assert [alive.crashes(name) for name in ("one", "two", "done")] == [0, 0, 0]
    dead._owner.close()  # as the kernel does when a process dies

    assert [alive.crashes(name) for name in ("one", "two", "done")] == [1, 1, 0]
    alive.begin("one", 1)
    assert [alive.crashes(name) for name in ("one", "two")] == [1, 1]
    alive.leave("one", 1)
    assert [alive.crashes(name) for name in ("one", "two")] == [1, 1]
    alive.begin("two", 1)
    alive.end("two")
    assert [alive.crashes(name) for name in ("one", "two")] == [1, 0]
    alive.close()


def test_an_event_that_came_again_is_noted_anew(tmp_path: Path) -> None:
    notes = CrashNotes(tmp_path)
    notes.begin("one", 0)
    notes.begin("one", 0)
    notes.begin("two", 0)
    notes.leave("one", 2)
    assert (notes.crashes("one"), notes.crashes("two")) == (2, 0)
    notes.close()
    assert [path.name.startswith("first") for path in (tmp_path / "events").iterdir()] == [False, False]
