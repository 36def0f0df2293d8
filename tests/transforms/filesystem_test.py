"""Files that are written whole leave nothing beside them, however that ends."""

from pathlib import Path

import pytest

from transforms import filesystem


def test_who_comes_second_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "told"
    filesystem.write_whole(str(path), b"first")

    with pytest.raises(FileExistsError):
        filesystem.write_whole(str(path), b"second")

    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_take_its_place_is_gone(tmp_path: Path) -> None:
    (tmp_path / "taken" / "by a folder").mkdir(parents=True)

    with pytest.raises(OSError, match="taken"):
        filesystem.replace_whole(str(tmp_path / "taken"), b"x")

    assert [one.name for one in tmp_path.iterdir()] == ["taken"]
