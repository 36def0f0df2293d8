import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bigquery_servers.strict_server import PROJECT, StrictBigQuery
from tests.transforms.bigquery.attempts import INTO, SPEC, TARGET, Attempt, page_of, row, skus
from transforms.bigquery.connection import connect
from transforms.bigquery.land_records import Records, load
from transforms.bigquery.load_files import JoinedFiles


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    for name, content in (("a", b"one\n"), ("b", b""), ("c", b"two\nthree\n")):
        (tmp_path / name).write_bytes(content)
    return [str(tmp_path / name) for name in "abc"]


def test_files_are_read_one_behind_the_other_from_any_place(paths: list[str]) -> None:
    with JoinedFiles(paths) as joined:
        assert joined.size == 14
        assert joined.read() == b"one\ntwo\nthree\n"
        assert joined.read(5) == b""
        assert (joined.seek(6), joined.tell(), joined.read(4)) == (6, 6, b"o\nth")
        assert joined.seek(-3, os.SEEK_END) == 11
        assert io.BufferedReader(joined).read() == b"ee\n"


def test_a_file_that_got_shorter_is_not_loaded_short(paths: list[str]) -> None:
    with JoinedFiles(paths) as joined:
        Path(paths[2]).write_bytes(b"two\n")
        with pytest.raises(EOFError):
            joined.read()


@pytest.mark.parametrize("fault", [{"status": 503}, {"cut": "before"}, {"cut": "after"}], ids=str)
def test_an_upload_of_many_bytes_that_breaks_off_is_sent_again_and_loaded_once(
    tmp_path: Path, strict: StrictBigQuery, make_tables: Callable[..., None], fault: dict[str, object]
) -> None:
    make_tables()
    large = [page_of({**row(f"p{number}"), "facts": "x" * 1_500_000}) for number in range(6)]
    attempt = Attempt(tmp_path).write(*large[:3]).write(*large[3:])
    strict.fail_next("jobs.upload", **fault)  # type: ignore[arg-type]
    names = [file.temporary for file in attempt.files]

    load(connect(PROJECT), Records(TARGET.rows_table(SPEC), attempt.plan, names, names))

    assert skus(strict) == [f"p{number}" for number in range(6)]
    assert strict.faults_left == 0
    assert len(strict.rows(INTO)) == 6
