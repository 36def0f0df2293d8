"""What a process was at work on outlives its death, and nothing else does."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from scrapers.fetching.attempt_notes import SLOTS, FileNotes, NoNotes, open_notes

FIRST, SECOND, THIRD = (f"{number:024x}" for number in (1, 2, 3))


def ended_process(folder: Path, code: str) -> None:
    """Runs code with `notes` in a process of its own."""
    start = f"""
        import os, signal
        from pathlib import Path
        from scrapers.fetching.attempt_notes import FileNotes
        notes = FileNotes(Path({str(folder)!r}))
    """
    text = textwrap.dedent(start) + textwrap.dedent(code)
    subprocess.run([sys.executable, "-c", text], cwd=Path(__file__).parents[3], check=False, timeout=60)


def test_a_killed_process_leaves_what_it_was_at_work_on(tmp_path: Path) -> None:
    code = f"""
        for one in ({FIRST!r}, {SECOND!r}, {FIRST!r}): notes.begin(one)
        notes.end({SECOND!r})
        os.kill(os.getpid(), signal.SIGKILL)
    """
    ended_process(tmp_path, code)
    ended_process(tmp_path, f"notes.begin({THIRD!r}); notes.begin({FIRST!r}); os.kill(os.getpid(), signal.SIGKILL)")

    assert FileNotes(tmp_path).crashes == {FIRST: 2, THIRD: 1}


def test_a_living_process_learns_of_those_that_died_since(tmp_path: Path) -> None:
    living, other = FileNotes(tmp_path), FileNotes(tmp_path)
    other.begin(SECOND)
    assert not living.refresh()
    for crashes in (1, 2):
        ended_process(tmp_path, f"notes.begin({FIRST!r}); os.kill(os.getpid(), signal.SIGKILL)")

        assert living.refresh()
        assert not living.refresh()
        assert living.crashes == {FIRST: crashes}

    living.acquit(FIRST)
    assert (living.crashes, living.refresh()) == ({}, False)
    assert FileNotes(tmp_path).crashes == {}


def test_one_that_went_through_is_forgotten(tmp_path: Path) -> None:
    for _ in range(2):
        ended_process(
            tmp_path, f"notes.begin({FIRST!r}); notes.begin({SECOND!r}); os.kill(os.getpid(), signal.SIGKILL)"
        )
    notes = FileNotes(tmp_path)
    notes.acquit(FIRST)
    notes.acquit(THIRD)

    assert FileNotes(tmp_path).crashes == {SECOND: 2}


@pytest.mark.parametrize("end", ["notes.end(one)", "notes.close()", "notes.close(); notes.begin('x' * 24)"])
def test_a_process_that_ends_on_purpose_blames_nobody(tmp_path: Path, end: str) -> None:
    ended_process(tmp_path, f"one = {FIRST!r}; notes.begin(one); {end}; os._exit(1)")

    assert FileNotes(tmp_path).crashes == {}


def test_what_a_living_process_is_at_work_on_is_no_crash(tmp_path: Path) -> None:
    living = FileNotes(tmp_path)
    living.begin(FIRST)

    assert FileNotes(tmp_path).crashes == {}
    living.end(FIRST)


def test_the_file_does_not_grow_and_more_than_fits_is_no_error(tmp_path: Path) -> None:
    notes = FileNotes(tmp_path)
    [file] = tmp_path.iterdir()
    for number in range(3 * SLOTS):
        notes.begin(f"{number:024x}")
        notes.end(f"{number - 50:024x}")
    assert file.stat().st_size <= SLOTS * 24

    for number in range(2 * SLOTS):
        notes.begin(f"{number:024x}")
    assert file.stat().st_size <= SLOTS * 24
    notes.close()
    notes.close()
    assert list(tmp_path.iterdir()) == []


def test_without_a_usable_folder_nothing_is_noted(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    notes = open_notes(tmp_path / "file")

    assert isinstance(notes, NoNotes)
    notes.begin(FIRST)
    notes.end(FIRST)
    assert notes.crashes == {}


def test_junk_in_the_folder_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "1.notes").write_bytes(b"\xff" * 30)
    (tmp_path / "2.notes").mkdir()

    assert FIRST not in FileNotes(tmp_path).crashes
