"""Files that were there before, without a memory of each."""

from pipelines.source_health.seen_files import RECENT_NS, File, SeenFiles

Folder = list[tuple[File, int]]
SECOND_NS = 10**9


def files(*numbers: int) -> Folder:
    """One a second."""
    return [((f"e{number}", "stamp"), number * SECOND_NS) for number in numbers]


def new_in(look: tuple[list[File], SeenFiles] | None) -> list[str] | None:
    return None if look is None else [name for name, _ in look[0]]


def seen(folder: Folder) -> SeenFiles:
    look = SeenFiles().look(folder)
    assert look is not None
    return look[1]


def test_a_file_is_new_once() -> None:
    assert new_in(SeenFiles().look(files(1, 2))) == ["e1", "e2"]
    assert new_in(seen(files(1, 2)).look(files(2, 3, 1))) == ["e3"]


def test_the_memory_does_not_grow_with_the_folder() -> None:
    held, most = SeenFiles(), 0
    for last in range(0, 5_000, 50):
        look = held.look(files(*range(last)))
        assert look is not None
        new, held = look
        assert len(new) == (50 if last else 0)
        most = max(most, len(held.recent))
    assert most <= RECENT_NS // SECOND_NS + 1


def test_a_file_that_is_gone_or_another_is_noticed_however_old() -> None:
    held = seen(files(*range(2_000)))
    for number in (3, 1_999):
        gone = [file for file in files(*range(2_000)) if file[0][0] != f"e{number}"]
        assert held.look(gone) is None
        assert held.look([*gone, ((f"e{number}", "resumed"), 2_000 * SECOND_NS)]) is None
    assert new_in(held.look(files(*range(2_000)))) == []


def test_a_file_that_was_named_long_after_it_was_written_is_noticed() -> None:
    held = seen(files(1, 2_000))
    assert held.look(files(1, 2, 2_000)) is None


def test_a_look_at_an_empty_folder() -> None:
    assert not seen([])
    assert seen(files(1))
