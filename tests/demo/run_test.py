"""The demo from end to end: what `make demo` does, twice, and once interrupted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from demo.expected import EXPECTED
from schemas.reasons import Dead, Drop

DEMO = [sys.executable, "-m", "demo"]
pytestmark = pytest.mark.timeout(240)


def parquet_files(output: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in output.rglob("*.parquet")}


def test_the_intended_reasons_are_reasons() -> None:
    for expected in EXPECTED.values():
        assert set(expected.dead) <= set(Dead)
        assert set(expected.dropped) <= set(Drop)


def test_exactly_the_intended_source_fails_and_a_second_run_is_as_good(project: Path, tmp_path: Path) -> None:
    command = [*DEMO, "--output", str(tmp_path)]
    first = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=100, check=False)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "The demo went as intended" in first.stdout
    left = parquet_files(tmp_path)

    second = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=100, check=False)
    assert second.returncode == 0, second.stdout + second.stderr
    assert {path: path.read_bytes() for path in left} == left, "the second run changed files of the first"

    assert len(list((tmp_path / "executions").glob("*.parquet"))) == 2 * len(EXPECTED)
    assert list((tmp_path / "archive").glob("*.warc.gz"))
    for expected in EXPECTED.values():
        table = ds.dataset(tmp_path / "rows" / expected.table, partitioning="hive").to_table()
        assert table.num_rows == 2 * expected.rows
        assert len(set(table["execution_id"].to_pylist())) == 2


def test_ctrl_c_ends_the_demo_and_everything_that_it_started(project: Path, tmp_path: Path) -> None:
    """A terminal sends it to the whole process group, so that is what the test does."""
    mark = f"DEMO_TEST={tmp_path}"
    environment = {**os.environ, "DEMO_TEST": str(tmp_path)}
    with (tmp_path / "said").open("w") as said:
        command = [*DEMO, "--output", str(tmp_path)]
        demo = subprocess.Popen(command, cwd=project, env=environment, stdout=said, stderr=said, start_new_session=True)
        wait_until(lambda: bool(list((tmp_path / ".scrapeline").rglob("*.warc.gz*"))) or demo.poll() is not None, 30)
        assert demo.poll() is None, (tmp_path / "said").read_text()
        assert len(marked_processes(mark)) > 2
        os.killpg(demo.pid, signal.SIGINT)
        code = demo.wait(30)
    assert code == 130, (tmp_path / "said").read_text()
    wait_until(lambda: not marked_processes(mark), 5)
    assert marked_processes(mark) == []


def wait_until(holds: Callable[[], bool], secs: float) -> None:
    end = time.monotonic() + secs
    while not holds() and time.monotonic() < end:
        time.sleep(0.1)


def marked_processes(mark: str) -> list[int]:
    """Living processes whose environment holds a mark: the demo and all that it started, whatever group they are in."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark.encode() in environ.read_bytes().split(b"\0"):
                found.append(int(environ.parent.name))
        except OSError:
            continue
    return found
