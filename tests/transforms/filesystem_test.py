"""Files that are written whole leave nothing beside them, however that ends."""

import functools
import threading
from concurrent.futures import ThreadPoolExecutor
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


def test_of_many_that_write_at_the_same_time_one_is_first(tmp_path: Path) -> None:
    def write(path: Path, number: int) -> int | None:
        together.wait()
        try:
            filesystem.write_whole(str(path), str(number).encode())
        except FileExistsError:
            return None
        return number

    together = threading.Barrier(4)
    with ThreadPoolExecutor(4) as threads:
        for turn in range(100):
            path = tmp_path / str(turn)
            first = [one for one in threads.map(functools.partial(write, path), range(4)) if one is not None]
            assert [path.read_bytes()] == [str(one).encode() for one in first]
    assert len(list(tmp_path.iterdir())) == 100
